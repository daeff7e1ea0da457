/**
 * The program of a tier's process: takes orders from its parent through the pipe of fork(), and ends when it is
 * told to, or when the parent is gone. Ctrl-C reaches the whole process group; the parent decides what it means.
 */
import { sentence } from '../errors.ts'
import type { RunningTier } from '../run-tier.ts'
import { runTier } from '../run-tier.ts'
import type { Answer, Order } from './messages.ts'

/** How long the process may live on when nobody is left to wait for it. */
const ORPHAN_MS = 20_000

let tier: RunningTier | undefined
let ending = false

process.on('SIGINT', () => undefined)
process.on('SIGTERM', () => void end())
process.on('disconnect', () => {
  setTimeout(() => process.exit(1), ORPHAN_MS).unref()
  void end()
})
process.on('message', (message) => void obey(message as Order))

async function obey(order: Order): Promise<void> {
  switch (order.kind) {
    case 'start':
      await start(order)
      break
    case 'policy':
      tier?.setPolicy(order.policy)
      break
    case 'stop':
      await end()
  }
}

async function start({ settings, policy }: Extract<Order, { kind: 'start' }>): Promise<void> {
  try {
    tier = await runTier({ ...settings, policy })
    answer({ kind: 'started', listen: tier.listen, admin: tier.admin ?? settings.admin })
  } catch (error) {
    answer({ kind: 'failed', message: sentence(error) })
    process.exitCode = 1
  }
  if (ending || tier === undefined) await end()
}

/** Finishes the requests in flight; then nothing keeps the process. */
async function end(): Promise<void> {
  ending = true
  await tier?.close()
  tier = undefined
  if (process.connected) process.disconnect()
}

function answer(message: Answer): void {
  if (process.connected) process.send?.(message)
}
