import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { guard } from '../guard.ts'
import { REPOSITORY } from '../paths.ts'
import { start, tailOfFile, waitUntil } from '../run.ts'

export interface NodeProcess {
  readonly pid: number
  /** Standard output and standard error so far. */
  output(): string
  /** Waits until `ready` gives a value. @throws with the end of the output when the process ends before, or in 30 s */
  until<T>(what: string, ready: () => Promise<T> | T): Promise<Exclude<T, undefined | false>>
  /** SIGTERM, then SIGKILL; removes its log. */
  stop(): Promise<void>
}

/** Runs a TypeScript file of the repository, or any by its full path, under this Node; it dies with this process. */
export async function startNode(
  file: string,
  args: readonly string[],
  env: Record<string, string> = {}
): Promise<NodeProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'alexandrite-demo-'))
  const logFile = join(folder, 'output.log')
  const started = await start(process.execPath, [resolve(REPOSITORY, file), ...args], {
    logFile,
    cwd: REPOSITORY,
    env
  })
  const guarded = guard([started.pid], folder)
  return {
    pid: started.pid,
    output: () => readFileSync(logFile, 'utf8'),
    until: (what, ready) =>
      waitUntil(ready, {
        what: `${file}: ${what}`,
        everyMs: 50,
        giveUp: () => (started.isRunning() ? undefined : tailOfFile(logFile))
      }),
    async stop() {
      await started.stop('SIGTERM', 10_000)
      rmSync(folder, { recursive: true, force: true })
      await guarded.release()
    }
  }
}
