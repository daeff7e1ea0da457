/** A PostgreSQL that survives its own death: same port, same data, every commit that it confirmed. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { guard } from '../guard.ts'
import { startPostgres } from '../postgres.ts'
import type { RunningPostgres } from '../postgres.ts'
import { freePort, signalIfThere, waitUntil } from '../run.ts'

/** The page cache outlives the process, so fsync may stay off; what is in the process's memory alone does not. */
const SETTINGS = { synchronous_commit: 'on', full_page_writes: 'on', max_connections: 200 }

export interface KillablePostgres {
  readonly url: string
  /** SIGKILL, and another start after the time. */
  kill(downMs: number): Promise<void>
  stop(): Promise<void>
}

export async function startKillablePostgres(): Promise<KillablePostgres> {
  const folder = mkdtempSync(join(tmpdir(), 'alexandrite-prove-orders-'))
  // The data belong to the user that PostgreSQL runs as, who must be able to pass.
  chmodSync(folder, 0o711)
  const guarded = guard([], folder)
  const port = await freePort()
  const start = (): Promise<RunningPostgres> =>
    startPostgres({ port, dataFolder: join(folder, 'data'), settings: SETTINGS })
  let running = await start()
  return {
    url: running.url,
    async kill(downMs) {
      signalIfThere(running.pid, 'SIGKILL')
      await running.stop()
      await new Promise((resolve) => setTimeout(resolve, downMs))
      // Its children take a moment to notice, and hold its memory until then.
      running = await waitUntil(start, { what: 'PostgreSQL starts again', timeoutMs: 120_000, everyMs: 500 })
    },
    async stop() {
      await running.stop()
      rmSync(folder, { recursive: true, force: true })
      await guarded.release()
    }
  }
}
