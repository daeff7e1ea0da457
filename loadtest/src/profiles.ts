/** The profiles: how much load, for how long, and what is broken meanwhile. */
import type { Seconds } from './units.ts'

export const PROFILE_NAMES = [
  'smoke',
  'gate',
  'stress',
  'soak',
  'spike',
  'cache-failure',
  'cold-start',
  'deploy'
] as const
export type ProfileName = (typeof PROFILE_NAMES)[number]

/** A part of a run. Shares of all stages add up to 1. */
export interface Stage {
  readonly share: number
  /** Load as a multiple of the ordinary one. */
  readonly factor: number
  /** Reached evenly over the stage rather than at its beginning. */
  readonly ramp?: true
}

/** What can be broken from outside while load runs. */
export const FAULT_NAMES = [
  'redis-killed',
  'redis-hung',
  'cache-emptied',
  'policy-replaced',
  'tier-restarted',
  'api-restarted'
] as const
export type FaultName = (typeof FAULT_NAMES)[number]

export interface Fault {
  readonly name: FaultName
  /** When, as shares of the run; `to` is when it is mended. */
  readonly from: number
  readonly to: number
  /** Requests that fail meanwhile are counted apart: something is really gone, and one instance is all there is. */
  readonly costs?: 'failures'
}

export interface Profile {
  readonly name: ProfileName
  /** For the list of profiles: what it asks. */
  readonly question: string
  readonly seconds: Seconds
  readonly stages: readonly Stage[]
  readonly faults: readonly Fault[]
  /** Ends as soon as the last ten seconds break an objective. */
  readonly untilBroken?: true
  /** Orders in the database, where the run makes its own. */
  readonly orders: number
}

/** The ordinary load, factor 1: a third of the peak for which 10 to 50 operators are expected. */
export const ORDINARY = {
  operators: 10,
  /** Visits of customers a minute; open model. */
  customers: 180,
  /** Orders of B2B clients a minute; open model. */
  b2b: 6,
  /** Look-ups and decisions of sellers a minute; open model. */
  crm: 12
} as const

/** What the expected volume may grow to and must be borne. */
export const PEAK = 3

export const MAX_SECONDS: Seconds = 4 * 3600
export const MAX_SCALE = 10

const FULL = 200_000
const steady = (factor: number): Stage[] => [{ share: 1, factor }]

/** A working day: quiet, the morning, noon's peak, the afternoon, the evening's visitors, quiet. */
const DAY: readonly Stage[] = [
  { share: 0.1, factor: 0.2 },
  { share: 0.15, factor: 1, ramp: true },
  { share: 0.15, factor: 1 },
  { share: 0.1, factor: PEAK, ramp: true },
  { share: 0.1, factor: PEAK },
  { share: 0.1, factor: 1, ramp: true },
  { share: 0.2, factor: 1 },
  { share: 0.1, factor: 0.2, ramp: true }
]

const days = (count: number): Stage[] =>
  Array.from({ length: count }, () => DAY)
    .flat()
    .map((stage) => ({ ...stage, share: stage.share / count }))

const steps = (factors: readonly number[]): Stage[] =>
  factors.map((factor) => ({ share: 1 / factors.length, factor }))

const plain = { faults: [], orders: FULL } as const

const all: readonly Profile[] = [
  {
    name: 'smoke',
    question: 'Does every kind of user get answers in time at all?',
    seconds: 30,
    stages: steady(1),
    faults: [],
    orders: 20_000
  },
  {
    name: 'gate',
    question: 'Is a change slower than what it replaces? An ordinary load, then the peak.',
    seconds: 180,
    stages: [
      { share: 0.05, factor: 1, ramp: true },
      { share: 0.5, factor: 1 },
      { share: 0.05, factor: PEAK, ramp: true },
      { share: 0.4, factor: PEAK }
    ],
    ...plain
  },
  {
    name: 'stress',
    question: 'How much is too much? Steps up until a promise breaks.',
    seconds: 240,
    stages: steps([1, 2, 3, 4, 5, 6, 8, 10]),
    untilBroken: true,
    ...plain
  },
  {
    name: 'soak',
    question: 'Does anything grow, leak or wear out? Three days in half an hour.',
    seconds: 1800,
    stages: days(3),
    ...plain
  },
  {
    name: 'spike',
    question: 'Is a sudden fivefold load borne, and forgotten afterwards?',
    seconds: 120,
    stages: [
      { share: 0.35, factor: 1 },
      { share: 0.25, factor: 5 },
      { share: 0.4, factor: 1 }
    ],
    ...plain
  },
  {
    name: 'cache-failure',
    question: 'Are requests answered at the peak while Redis is killed, and while it hangs?',
    seconds: 180,
    stages: steady(PEAK),
    faults: [
      { name: 'redis-killed', from: 0.2, to: 0.4 },
      { name: 'redis-hung', from: 0.6, to: 0.8 }
    ],
    orders: FULL
  },
  {
    name: 'cold-start',
    question: 'What does the peak meet when nothing is stored?',
    seconds: 90,
    stages: steady(PEAK),
    faults: [{ name: 'cache-emptied', from: 0, to: 0 }],
    orders: FULL
  },
  {
    name: 'deploy',
    question: 'What do users notice of a new policy, of a restarted tier and of a restarted API?',
    seconds: 180,
    stages: steady(1),
    faults: [
      { name: 'policy-replaced', from: 0.15, to: 0.3 },
      { name: 'tier-restarted', from: 0.45, to: 0.5, costs: 'failures' },
      { name: 'api-restarted', from: 0.7, to: 0.75, costs: 'failures' }
    ],
    orders: FULL
  }
]

export const PROFILES = Object.fromEntries(all.map((profile) => [profile.name, profile])) as Readonly<
  Record<ProfileName, Profile>
>

export const isProfileName = (name: string): name is ProfileName => Object.hasOwn(PROFILES, name)

/** The highest factor of a profile. */
export const peakOf = ({ stages }: Profile): number => Math.max(...stages.map(({ factor }) => factor))

/** The mean factor: what of each kind of user there is on average. A ramp counts half of what it adds. */
export function meanFactor({ stages }: Profile): number {
  let before = stages[0]?.factor ?? 0
  let sum = 0
  for (const { share, factor, ramp } of stages) {
    sum += share * (ramp ? (before + factor) / 2 : factor)
    before = factor
  }
  return sum
}
