import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** Bytes to send as Latin-1 text; a number waits for that many milliseconds; a pattern waits for it in what came. */
export type Step = string | number | RegExp

/** How long a client waits for bytes before it takes them for all. */
const QUIET_MS = 5000

export interface Exchanged {
  /** All that came, as Latin-1 text. */
  readonly text: string
  readonly closed: boolean
}

/**
 * Sends what the steps say over one connection and returns what came until the other side closed, or until
 * `enough` says so.
 */
export const exchange = async (
  port: number,
  steps: readonly Step[],
  enough: (text: string) => boolean = () => false
): Promise<Exchanged> => {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  let text = ''
  let closed = false
  let wake: (() => void) | undefined
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1')
    wake?.()
  })
  socket.on('error', () => undefined)
  socket.on('close', () => {
    closed = true
    wake?.()
  })
  const until = async (condition: () => boolean): Promise<void> => {
    const deadline = performance.now() + QUIET_MS
    while (!closed && !condition() && performance.now() < deadline)
      await Promise.race([new Promise<void>((resolve) => (wake = resolve)), sleep(50)])
  }
  for (const step of steps) {
    if (typeof step === 'number') await sleep(step)
    else if (typeof step === 'string') socket.write(step, 'latin1')
    else await until(() => step.test(text))
  }
  await until(() => enough(text))
  socket.destroy()
  return { text, closed }
}
