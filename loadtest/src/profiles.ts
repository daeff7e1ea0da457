/** Names of the profiles: how much load, for how long, and what is broken meanwhile. */
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
