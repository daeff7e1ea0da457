/** The company under load: its database, Redis, APIs and tiers as processes that can be broken one by one. */
import { mkdirSync } from 'node:fs'
import type { Target } from '@alexandrite/loadtest'
import { partsOf } from '../company/company.ts'
import type { Company } from '../company/company.ts'
import { planCompany, SERVICES, TIERS, urlOf } from '../company/plan.ts'
import type { CompanyPlan } from '../company/plan.ts'
import { startSeededPostgres } from '../demo/seeded-postgres.ts'
import { startInOrder } from '../in-order.ts'
import type { Keep } from '../in-order.ts'
import { RedisPart } from './redis-part.ts'

type Parts = Pick<Company['parts'], (typeof SERVICES)[number] | `${(typeof TIERS)[number]}-tier`>

export interface LoadStage {
  readonly plan: CompanyPlan
  readonly parts: Parts
  readonly redis: RedisPart
  readonly databaseUrl: string
  /** Straight at the APIs. */
  readonly straight: Target
  /** Through the tiers; the CRM has none. */
  readonly tiers: Target
  stop(): Promise<void>
}

export interface LoadStageOptions {
  /** Exists or is made; logs and policies land in it. */
  readonly folder: string
  /** At least so many orders in the database. */
  readonly orders: number
  readonly say: (line: string) => void
  readonly signal: AbortSignal
}

/** @throws what went wrong, after stopping what had been started */
export const startLoadStage = (options: LoadStageOptions): Promise<LoadStage> =>
  startInOrder((keep) => build(options, keep), options.signal)

async function build(options: LoadStageOptions, keep: Keep): Promise<Omit<LoadStage, 'stop'>> {
  const { folder, orders, say } = options
  mkdirSync(folder, { recursive: true })
  const plan = await planCompany(folder)
  say(`starting PostgreSQL with ${orders} orders, Redis, three APIs and two tiers`)
  const { url: databaseUrl } = await keep(startSeededPostgres(say, orders))
  const redis = await keep(new RedisPart(plan.ports.redis).start())
  const addresses = { databaseUrl, redisUrl: redis.url }
  // Nothing is traced: what watches would be measured too.
  const quiet = { otlpEndpoint: '', legacyJaegerEndpoint: '', accessLog: 'errors' } as const
  const parts = partsOf({ plan, ...quiet }, addresses)
  for (const part of Object.values(parts)) await keep(part.start())
  const crm = urlOf(plan, 'crm-api')
  return {
    ...{ plan, parts, redis, databaseUrl },
    straight: { mes: urlOf(plan, 'mes-api'), shop: urlOf(plan, 'shop-api'), crm },
    tiers: { mes: urlOf(plan, 'mes-api-tier'), shop: urlOf(plan, 'shop-api-tier'), crm }
  }
}
