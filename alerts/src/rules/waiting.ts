/** Who is slow because another is: one page, for the team of that other one. */
import type { Silencer } from '../rule.ts'

/**
 * By caller, whom it waits for so long that its own promise breaks. The CRM waits five seconds for the MES; the shop
 * half a second at most, and then answers without it.
 */
const WAITS_FOR: Readonly<Record<string, string>> = { 'crm-api': 'mes-api' }

/** What explains the slowness of a service by the one that it waits for. */
export const causesOfWaiting = (caller: string): readonly Silencer[] => {
  const called = WAITS_FOR[caller]
  if (called === undefined) return []
  const between = { caller, called }
  return [
    { alert: 'CacheOriginDown', on: [], between },
    { alert: 'ApiDown', on: [], between },
    // A warning keeps nobody from a page.
    { alert: 'ApiSlow', on: ['severity'], between }
  ]
}
