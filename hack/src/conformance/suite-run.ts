/** Runs the suite against one cache. */
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { RawResults } from './suite.ts'
import type { Assignment, Message } from './suite-process.ts'

const PROCESS = fileURLToPath(new URL('./suite-process.ts', import.meta.url))

/** One cache, or several instances of it that share their store. */
export interface RunningCache {
  readonly bases: readonly string[]
  stop(): Promise<void>
}

export interface SuiteRun {
  /** Starts the cache in front of the suite's origin. */
  readonly startCache: (originPort: number) => Promise<RunningCache>
  /** @default all */
  readonly ids?: readonly string[] | undefined
  /** @default 'Silent' */
  readonly exchanges?: Assignment['exchanges']
  readonly signal: AbortSignal
}

/** @throws when the cache does not start, or the suite breaks off */
export async function runSuite({
  startCache,
  ids,
  exchanges = 'Silent',
  signal
}: SuiteRun): Promise<RawResults> {
  signal.throwIfAborted()
  const child = fork(PROCESS, {
    // The suite's server complains on its standard output about requests that it did not expect: that is no news.
    stdio: ['ignore', exchanges === 'Printed' ? 'inherit' : 'ignore', 'inherit', 'ipc']
  })
  const ended = new Promise<never>((_, reject) => {
    child.once('error', reject)
    child.once('exit', (code) =>
      reject(new Error(`the suite's process ended early (exit ${code ?? 'by signal'})`))
    )
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
  // Whoever races with it hears of it.
  ended.catch(() => undefined)
  const heard = <K extends Message['kind']>(kind: K) =>
    Promise.race([
      ended,
      new Promise<Extract<Message, { kind: K }>>((resolve) =>
        child.on('message', (message: Message) => {
          if (message.kind === kind) resolve(message as Extract<Message, { kind: K }>)
        })
      )
    ])
  try {
    const done = heard('done')
    done.catch(() => undefined)
    const cache = await startCache((await heard('listening')).originPort)
    try {
      const assignment: Assignment = { bases: cache.bases, ids, exchanges }
      child.send(assignment)
      return (await done).results
    } finally {
      await cache.stop()
    }
  } finally {
    if (child.connected) child.disconnect()
  }
}
