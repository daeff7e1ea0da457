/** What to do with an event of an order, given what came before: the events of an order go by their versions. */

/** What a consumer's inbox says of an event and its order in one source. */
export interface Seen {
  /** Version up to which everything was handled or passed over; undefined: nothing of this order came yet. */
  readonly position: number | undefined
  /** The version was passed over: a dead letter, or one that never came. */
  readonly passedOver: boolean
  /** The event is kept in the inbox, for its predecessors or for another try; `due`: its time has come. */
  readonly kept: { readonly due: boolean; readonly why: Why } | undefined
}

/** Why an event is kept. */
export type Why = 'predecessor' | 'failed'

export interface Arrival {
  readonly version: number
  /** Milliseconds since 1970: when the event before it happened; undefined: nobody says. */
  readonly previousAt: number | undefined
  /** From the broker, or out of the inbox. */
  readonly from: 'broker' | 'inbox'
  /** Its predecessors could come: the consumer hears the broker. */
  readonly listening: boolean
}

export type Decision =
  /** The next version of the order. */
  | 'Next'
  /** The first that this consumer can know of: what was before it happened before the consumer's queue was there. */
  | 'Begin'
  /** It was passed over and comes after all, as a dead letter that is sent again does. */
  | 'Late'
  /** It waits for its predecessors. */
  | 'Wait'
  /** Its predecessors did not come in all the time they were given while somebody listened: go on without them. */
  | 'SkipGap'
  /** Nothing to do: handled before, or kept already. */
  | 'Duplicate'

/** @param begunAt milliseconds since 1970: from when on the consumer's queue takes everything */
export function decide(seen: Seen, arrival: Arrival, begunAt: number): Decision {
  if (!isItsTurn(seen, arrival)) return 'Duplicate'
  const { position } = seen
  if (position !== undefined && arrival.version <= position) return seen.passedOver ? 'Late' : 'Duplicate'
  if (arrival.version === (position ?? 0) + 1) return 'Next'
  if (position === undefined && happenedUnseen(arrival, begunAt)) return 'Begin'
  return waitedEnough(seen, arrival) ? 'SkipGap' : 'Wait'
}

/** It is due again, and its predecessors could come all the time. */
const waitedEnough = ({ kept }: Seen, { listening }: Arrival): boolean => kept !== undefined && listening

/** From the broker: once. Out of the inbox: while it is there and due. */
const isItsTurn = ({ kept }: Seen, { from }: Arrival): boolean =>
  from === 'broker' ? kept === undefined : kept?.due === true

/** Whether what came before it happened before the consumer's queue was there. */
export const happenedUnseen = ({ previousAt }: Pick<Arrival, 'previousAt'>, begunAt: number): boolean =>
  previousAt === undefined || previousAt < begunAt

/** Milliseconds until the next try: doubles from 200 ms to five minutes. */
export const backoffMs = (attempts: number): number => Math.min(200 * 2 ** Math.min(attempts, 20), 300_000)
