/** All proofs, by the id of the rule. */
import { apiProofs } from './apis.ts'
import { cacheProofs } from './caches.ts'
import { objectiveProofs } from './objectives.ts'
import { operatorProofs } from './operator.ts'
import { orderCrmProofs } from './orders-crm.ts'
import { orderLogisticsProofs } from './orders-logistics.ts'
import { orderEventProofs } from './orders-events.ts'
import { orderNoticeProofs } from './order-notices.ts'
import { orderProofs } from './orders.ts'
import type { Proof } from './proof.ts'
import { storeProofs } from './stores.ts'
import { provenBy } from './suite.ts'
import { telemetryProofs } from './telemetry.ts'

const all: readonly Proof[] = [
  ...apiProofs,
  ...cacheProofs,
  ...objectiveProofs,
  ...operatorProofs,
  ...orderNoticeProofs,
  ...orderProofs,
  ...orderCrmProofs,
  ...orderLogisticsProofs,
  ...orderEventProofs,
  ...storeProofs,
  ...telemetryProofs
]

/** One for each rule: several about the same rule are put together. */
export const proofs: ReadonlyMap<string, Proof> = all.reduce((known, proof) => {
  const id = provenBy(proof)
  const before = known.get(id)?.cases ?? []
  return known.set(id, { ...proof, cases: [...before, ...proof.cases] })
}, new Map<string, Proof>())
