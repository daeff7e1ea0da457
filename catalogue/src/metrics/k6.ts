/** What k6 pushes while a load test runs: nothing of ours reads it, people do. */
import type { Family } from '../types.ts'

export const k6Families: readonly Family[] = [
  {
    prefix: 'k6_',
    services: ['k6'],
    series: 4000,
    why: 'Requests, waits and failures by route, as users of a load test saw them; only while one runs.'
  }
]
