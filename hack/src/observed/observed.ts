/** The example company with everything that watches it, as processes of this machine. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { alertmanagerConfig, ruleFiles } from '@alexandrite/alerts'
import type { Pace } from '@alexandrite/alerts'
import { startCompany } from '../company/company.ts'
import type { Company } from '../company/company.ts'
import { logsOf, planCompany, targetsOf } from '../company/plan.ts'
import type { CompanyPlan } from '../company/plan.ts'
import { guard } from '../guard.ts'
import { startInOrder } from '../in-order.ts'
import type { Keep } from '../in-order.ts'
import { startReceivers } from '../stack/receivers.ts'
import type { ReceiverOptions, Receivers } from '../stack/receivers.ts'
import { startStack } from '../stack/stack.ts'
import type { Stack } from '../stack/stack.ts'

export interface ObservedOptions extends ReceiverOptions {
  readonly say: (line: string) => void
  /** Ends the start between two steps. */
  readonly signal: AbortSignal
  /** Times of Alertmanager's routes. Default: those of the company. */
  readonly pace?: Pace
}

export interface Observed {
  readonly plan: CompanyPlan
  readonly company: Company
  readonly stack: Stack
  /** Where alerts arrive: pager, chat and mail. */
  readonly receivers: Receivers
  stop(): Promise<void>
}

/** @throws what went wrong, after stopping what had been started */
export const startObserved = (options: ObservedOptions): Promise<Observed> =>
  startInOrder((keep) => build(options, keep), options.signal)

async function build(options: ObservedOptions, keep: Keep): Promise<Omit<Observed, 'stop'>> {
  const { say, signal, pace } = options
  const { path } = await keep(temporaryFolder())
  const plan = await planCompany(join(path, 'company'))
  mkdirSync(plan.folder)
  const receivers = await keep(startReceivers(options))
  say('starting Prometheus, Alertmanager, Loki, Jaeger and two collectors')
  const stack = await keep(
    startStack({
      targets: targetsOf(plan),
      logs: logsOf(plan),
      alerting: { rules: ruleFiles(), alertmanager: alertmanagerConfig(addresses(receivers), pace) },
      say,
      signal
    })
  )
  const company = await keep(
    startCompany({
      plan,
      otlpEndpoint: stack.otlpUrl,
      legacyJaegerEndpoint: stack.jaegerThriftUrl,
      smarthost: receivers.smarthost,
      told: { chatUrl: `${receivers.webhookUrl}${PATHS.operators}`, smarthost: receivers.smarthost },
      say,
      signal
    })
  )
  return { plan, company, stack, receivers }
}

/** Removed at its stop, and when this process dies. */
function temporaryFolder(): Promise<{ readonly path: string; stop(): Promise<void> }> {
  const path = mkdtempSync(join(tmpdir(), 'alexandrite-company-'))
  const guarded = guard([], path)
  const stop = async (): Promise<void> => {
    rmSync(path, { recursive: true, force: true })
    await guarded.release()
  }
  return Promise.resolve({ path, stop })
}

/** Paths of the webhooks, and what each is. */
export const PATHS = { pager: '/pager', chat: '/chat', deadman: '/deadman', operators: '/operators' } as const

const addresses = ({ webhookUrl, smarthost }: Receivers) => ({
  pagerUrl: `${webhookUrl}${PATHS.pager}`,
  chatUrl: `${webhookUrl}${PATHS.chat}`,
  deadmanUrl: `${webhookUrl}${PATHS.deadman}`,
  smtp: {
    smarthost,
    from: 'alertmanager@example.org',
    to: {
      platform: 'platform@example.org',
      mes: 'mes@example.org',
      shop: 'shop@example.org',
      crm: 'crm@example.org'
    },
    tls: 'Off'
  } as const
})
