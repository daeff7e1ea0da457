/** The services of orders beside the demo's APIs and tiers, with those who are told and a receiver of spans. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { partsOf } from '../../company/company.ts'
import { crmParts, prepareCrm } from '../../company/crm.ts'
import type { CrmAddresses } from '../../company/crm.ts'
import { logisticsPart } from '../../company/customers.ts'
import { operatorsParts } from '../../company/operators.ts'
import { planCompany } from '../../company/plan.ts'
import type { CompanyPlan } from '../../company/plan.ts'
import { guard } from '../../guard.ts'
import { startInOrder } from '../../in-order.ts'
import type { Keep } from '../../in-order.ts'
import { startReceivers } from '../../stack/receivers.ts'
import type { Receivers } from '../../stack/receivers.ts'
import type { Stage } from '../stage.ts'
import { startSpans } from './spans.ts'
import type { Spans } from './spans.ts'

export interface ProcessStage {
  readonly plan: CompanyPlan
  readonly crm: CrmAddresses
  readonly receivers: Receivers
  readonly spans: Spans
  stop(): Promise<void>
}

/** @throws what went wrong, after stopping what had been started */
export const startProcess = (stage: Stage, brokerUrl: string, signal: AbortSignal): Promise<ProcessStage> =>
  startInOrder((keep) => build(stage, brokerUrl, keep), signal)

async function build(stage: Stage, brokerUrl: string, keep: Keep): Promise<Omit<ProcessStage, 'stop'>> {
  const { path } = await keep(temporaryFolder())
  const plan = await planBeside(stage, path)
  const receivers = await keep(startReceivers())
  const spans = await keep(startSpans())
  const crm = await prepareCrm(stage.databaseUrl, brokerUrl)
  const place = { plan, otlpEndpoint: spans.endpoint, brokerUrl, ordersUrl: crm.ordersUrl }
  // An instance of the MES of its own, whose requests are traced: what was measured before told nothing.
  const apis = partsOf(
    { plan, otlpEndpoint: spans.endpoint, legacyJaegerEndpoint: '' },
    { databaseUrl: stage.databaseUrl, redisUrl: stage.redisUrl, crm }
  )
  const { 'orders-relay': shopRelay, 'crm-read-model': readModel } = crmParts({
    ...{ plan, otlpEndpoint: spans.endpoint },
    addresses: crm
  })
  const { 'orders-operators': operators } = operatorsParts({
    // Hundreds of deadlines of the past would be told among those that are measured.
    ...{ ...place, ownerUrl: stage.databaseUrl, adopt: 0 },
    told: { chatUrl: `${receivers.webhookUrl}/operators`, smarthost: receivers.smarthost }
  })
  const started = [apis['mes-api'], shopRelay, readModel, apis['crm-api'], operators, logisticsPart(place)]
  for (const part of started) await keep(part.start())
  return { plan, crm, receivers, spans }
}

/** Ports of its own, but those of the demo's tiers and of its Shop. */
async function planBeside({ apis, tiers }: Stage, folder: string): Promise<CompanyPlan> {
  const plan = await planCompany(folder)
  const portOf = (url: string): number => Number(new URL(url).port)
  const ports = {
    ...plan.ports,
    'shop-api': portOf(apis.shop),
    'mes-api-tier': portOf(tiers.mes),
    'shop-api-tier': portOf(tiers.shop)
  }
  return { folder, ports }
}

/** Removed at its stop, and when this process dies. */
function temporaryFolder(): Promise<{ readonly path: string; stop(): Promise<void> }> {
  const path = mkdtempSync(join(tmpdir(), 'alexandrite-process-'))
  const guarded = guard([], path)
  const stop = async (): Promise<void> => {
    rmSync(path, { recursive: true, force: true })
    await guarded.release()
  }
  return Promise.resolve({ path, stop })
}
