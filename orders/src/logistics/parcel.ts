/** A piece on its way from us to its customer: four moments, in whichever order one hears of them. Pure. */

export const MILESTONES = ['packed', 'handed', 'accepted', 'delivered'] as const
export type Milestone = (typeof MILESTONES)[number]

/** When each happened, in milliseconds since 1970; absent: nobody told yet. */
export type Parcel = Readonly<Partial<Record<Milestone, number>>>

export interface Heard {
  readonly parcel: Parcel
  /** Nobody told of this milestone before. */
  readonly isNew: boolean
  /** Hand-over to acceptance in milliseconds, at the moment when both are known for the first time. */
  readonly lag?: number
  /** True once: the order can be closed. */
  readonly delivered: boolean
}

/** The first that one hears of a milestone counts; what is said again, or later, changes nothing. */
export function hear(parcel: Parcel, milestone: Milestone, at: number): Heard {
  if (parcel[milestone] !== undefined) return { parcel, isNew: false, delivered: false }
  const next = { ...parcel, [milestone]: at }
  const completes = milestone === 'handed' || milestone === 'accepted'
  const lag =
    completes && next.handed !== undefined && next.accepted !== undefined
      ? // The clocks of two companies: an acceptance before the hand-over is one at once.
        Math.max(0, next.accepted - next.handed)
      : undefined
  return {
    parcel: next,
    isNew: true,
    delivered: milestone === 'delivered',
    ...(lag !== undefined && { lag })
  }
}

/** Handed over, and the carrier has not said a word since. */
export const awaitsAcceptance = ({ handed, accepted, delivered }: Parcel): boolean =>
  handed !== undefined && accepted === undefined && delivered === undefined
