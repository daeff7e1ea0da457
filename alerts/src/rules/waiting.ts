/** Who is slow or fails because another does: one page, for the team of that other one. */
import type { Silencer } from '../rule.ts'

/**
 * By caller, whom it waits for so long that its own promise breaks. The CRM waits five seconds for the MES; the shop
 * half a second at most, and then answers without it.
 */
const WAITS_FOR: Readonly<Record<string, string>> = { 'crm-api': 'mes-api' }

/** What explains the errors of a service by the one that it needs: that one does not answer. */
export const causesOfNoAnswer = (caller: string): readonly Silencer[] => {
  const called = WAITS_FOR[caller]
  if (called === undefined) return []
  return ['CacheOriginDown', 'ApiDown'].map((alert) => ({ alert, on: [], between: { caller, called } }))
}

/** What explains its slowness: that one is slow, or does not answer. A warning keeps nobody from a page. */
export const causesOfWaiting = (caller: string): readonly Silencer[] =>
  causesOfNoAnswer(caller).flatMap((silencer) =>
    silencer.alert === 'ApiDown'
      ? [silencer, { ...silencer, alert: 'ApiSlow', on: ['severity'] }]
      : [silencer]
  )
