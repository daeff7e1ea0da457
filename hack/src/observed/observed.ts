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
export async function startObserved(options: ObservedOptions): Promise<Observed> {
  const stops: (() => Promise<void>)[] = []
  const stop = async (): Promise<void> => {
    for (const one of stops.splice(0).reverse()) await one()
  }
  try {
    return { ...(await build(options, (one) => void stops.push(one))), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function build(
  options: ObservedOptions,
  atStop: (stop: () => Promise<void>) => void
): Promise<Omit<Observed, 'stop'>> {
  const { say, signal, pace } = options
  const folder = mkdtempSync(join(tmpdir(), 'alexandrite-company-'))
  const guarded = guard([], folder)
  atStop(async () => {
    rmSync(folder, { recursive: true, force: true })
    await guarded.release()
  })
  const plan = await planCompany(join(folder, 'company'))
  mkdirSync(plan.folder)
  const receivers = await startReceivers(options)
  atStop(() => receivers.stop())
  say('starting Prometheus, Alertmanager, Loki, Jaeger and two collectors')
  const stack = await startStack({
    targets: targetsOf(plan),
    logs: logsOf(plan),
    alerting: { rules: ruleFiles(), alertmanager: alertmanagerConfig(addresses(receivers), pace) },
    say,
    signal
  })
  atStop(() => stack.stop())
  const company = await startCompany({
    plan,
    otlpEndpoint: stack.otlpUrl,
    legacyJaegerEndpoint: stack.jaegerThriftUrl,
    say,
    signal
  })
  atStop(() => company.stop())
  return { plan, company, stack, receivers }
}

/** Paths of the webhooks, and what each is. */
export const PATHS = { pager: '/pager', chat: '/chat', deadman: '/deadman' } as const

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
