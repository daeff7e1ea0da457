import { Counter, Gauge } from 'prom-client'
import type { Registry } from 'prom-client'
import type { OpenMetricsContentType } from 'prom-client'
import { STEPS } from './steps.ts'
import type { Step } from './steps.ts'

/** What may differ between two answers; `order`: only one side has it. */
export const SHADOW_FIELDS = ['order', 'customerId', 'status', 'createdAt', 'quantity'] as const

export const SHADOW_RESULTS = ['equal', 'different', 'failed', 'skipped'] as const

/** What the CRM measures of its way out of the Shop's tables. */
export interface CrmMetrics {
  readonly reads: Counter<'store'>
  readonly shadowReads: Counter<'result'>
  readonly shadowDifferences: Counter<'field'>
  readonly step: Gauge<'step'>
}

export const STORES = ['shop-db', 'read-model'] as const

export function createCrmMetrics(registry: Registry<OpenMetricsContentType>): CrmMetrics {
  const registers = [registry]
  const metrics: CrmMetrics = {
    reads: new Counter({
      name: 'crm_order_reads_total',
      help: 'Reads of orders by where the answer that was served came from.',
      labelNames: ['store'],
      registers
    }),
    shadowReads: new Counter({
      name: 'crm_shadow_reads_total',
      help: 'Answers from the Shop’s tables that were compared with the read model, by what came of it; skipped: too many at once.',
      labelNames: ['result'],
      registers
    }),
    shadowDifferences: new Counter({
      name: 'crm_shadow_differences_total',
      help: 'Compared answers that lastingly differed, by field; order: only one side has it.',
      labelNames: ['field'],
      registers
    }),
    step: new Gauge({
      name: 'crm_migration_step',
      help: '1 for the step of the migration that this process acts by, 0 for the others.',
      labelNames: ['step'],
      registers
    })
  }
  for (const store of STORES) metrics.reads.inc({ store }, 0)
  for (const result of SHADOW_RESULTS) metrics.shadowReads.inc({ result }, 0)
  for (const field of SHADOW_FIELDS) metrics.shadowDifferences.inc({ field }, 0)
  return metrics
}

export function showStep({ step }: CrmMetrics, current: Step): void {
  for (const each of STEPS) step.set({ step: each }, each === current ? 1 : 0)
}
