/** How much to inject for the slowdown that is wanted. */
import { compare } from '@alexandrite/loadtest/statistics/index'
import type { Block } from '@alexandrite/loadtest/statistics/index'
import { startInOrder } from '../../in-order.ts'
import { say } from '../../run.ts'
import { injectionOf } from '../gate/injections.ts'
import type { LocalSubject, Stand } from '../gate/subject.ts'
import { changedTree, workingTree } from '../gate/tree.ts'

/** More than the gate needs: what is injected must be near what it is called. */
const PAIRS = 8

/** The amount for the injection. @throws when the first try changes nothing */
export async function calibrated(
  subject: LocalSubject,
  stand: Stand,
  share: number,
  signal: AbortSignal
): Promise<number> {
  const injection = injectionOf(subject.name)
  const { amount } = injection
  if (amount.kind === 'Share') return share
  const tried = await changedTree('a tried copy', injection.changes(amount.first))
  try {
    const ratio = await costOf(subject, stand, () => stand.start(tried, signal), signal)
    if (ratio <= 1)
      throw new Error(`${amount.first} turns of the injected loop cost nothing: the machine is too noisy`)
    const turns = (amount.first * share) / (ratio - 1)
    say(
      `prove-gate: ${amount.first} turns cost ${(100 * (ratio - 1)).toFixed(1)} %: ${turns.toFixed(0)} are injected`
    )
    return turns
  } finally {
    await tried.stop()
  }
}

/** Of the first metric, as a multiple of the present. */
async function costOf(
  subject: LocalSubject,
  stand: Stand,
  startTried: () => ReturnType<Stand['start']>,
  signal: AbortSignal
): Promise<number> {
  const sides = await startInOrder(
    async (keep) => ({ now: await keep(stand.start(workingTree, signal)), tried: await keep(startTried()) }),
    signal
  )
  try {
    const [now, tried]: [Block[], Block[]] = [[], []]
    for (let pair = 0; pair < PAIRS; pair++) {
      now.push(await sides.now.block(signal))
      tried.push(await sides.tried.block(signal))
    }
    return compare(now, tried, { metrics: subject.metrics }).metrics[0]?.ratio ?? NaN
  } finally {
    await sides.stop()
  }
}
