/** How many acts a run will need of each kind of user: known before it begins, because nothing depends on the answers. */
import type { User } from './acts.ts'
import { meanFactor, ORDINARY } from './profiles.ts'
import type { Profile } from './profiles.ts'
import type { Milliseconds, Seconds } from './units.ts'

/** How long people think on average between two acts. */
export const THINK_MS: Readonly<Record<User, Milliseconds>> = {
  operators: 2000,
  customers: 800,
  b2b: 500,
  crm: 1000
}

export interface Amount {
  readonly profile: Profile
  readonly seconds: Seconds
  readonly scale: number
}

/** Acts to prepare: of the closed model, what operators would do if every answer came at once. */
export function actsOf({ profile, seconds, scale }: Amount): Readonly<Record<User, number>> {
  const mean = meanFactor(profile) * scale
  const arrivals = (perMinute: number) => Math.ceil((perMinute * mean * seconds) / 60) + 10
  return {
    operators: Math.ceil((ORDINARY.operators * mean * seconds * 1000) / THINK_MS.operators) + 50,
    customers: arrivals(ORDINARY.customers),
    b2b: arrivals(ORDINARY.b2b),
    crm: arrivals(ORDINARY.crm)
  }
}
