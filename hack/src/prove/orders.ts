/** What is promised of the order process, on the running company: tiers hear of changes, customers and carriers are heard. */
import { setClock } from '@alexandrite/orders/timers/clock'
import pg from 'pg'
import { CRM_TOKENS } from '../company/crm.ts'
import { urlOf } from '../company/plan.ts'
import { waitUntil } from '../run.ts'
import { readMail } from '../stack/mailbox.ts'
import { must } from './proofs.ts'
import type { Proof, Stage } from './proofs.ts'

/** Half a day a second: dates of orders that stand still move within seconds. */
const FAST = 43_200
/** On a quiet machine it takes seconds. */
const WITHIN_MS = 180_000

async function turnClock({ company }: Stage, rate: number): Promise<void> {
  const client = new pg.Client({ connectionString: company.crm.ordersUrl })
  await client.connect()
  try {
    await setClock(client, { rate })
  } finally {
    await client.end()
  }
}

export const customersAreTold: Proof = {
  name: 'a customer whose order stands still is written to, and the address is in no log line',
  begin: (stage) => turnClock(stage, FAST),
  run: async (stage) => {
    const isCustomers = (address: string): boolean => /^customer-\d+@example\.org$/.test(address)
    const mail = await waitUntil(() => stage.receivers.mails.find(({ to }) => to.some(isCustomers)), {
      what: 'a customer is written to',
      timeoutMs: WITHIN_MS,
      everyMs: 500
    })
    await turnClock(stage, 1)
    const { subject } = await readMail(mail)
    const lines = await stage.stack.lokiQuery('{service_name=~".+"} |= "customer-"', { limit: 10 })
    must(!lines.some(({ line }) => /customer-\d+@/.test(line)), 'a line names an address of a customer')
    return `"${subject}"`
  }
}

export const carriersAreHeard: Proof = {
  name: 'from the hand-over of a piece to its acceptance is a number',
  run: async ({ stack }) => {
    const count = 'sum(logistics_acceptance_lag_seconds_count)'
    await waitUntil(async () => ((await stack.promQuery(`${count} > 0`))[0]?.value ?? 0) > 0, {
      what: 'a carrier accepts a piece',
      timeoutMs: WITHIN_MS,
      everyMs: 1000
    })
    const [mean] = await stack.promQuery(`sum(logistics_acceptance_lag_seconds_sum) / ${count}`)
    return `${mean?.value.toFixed(1)} s on average, of a carrier that is in a hurry`
  }
}

/** The step is refused until the first copy is complete. */
export const crmComparesInTheShadow: Proof = {
  name: 'in the step shadow the CRM compares the shop’s tables with its own copy, and finds them equal',
  run: async ({ plan, stack }) => {
    const step = async (): Promise<boolean> => {
      const response = await fetch(`${urlOf(plan, 'crm-read-model')}/v1/migration`, {
        method: 'POST',
        headers: { authorization: `Bearer ${CRM_TOKENS.admin}`, 'content-type': 'application/json' },
        body: JSON.stringify({ to: 'shadow' })
      })
      const text = await response.text()
      must(response.ok || response.status === 409, `the read model answers ${response.status}: ${text}`)
      return response.ok
    }
    await waitUntil(step, { what: 'the step is taken', timeoutMs: WITHIN_MS, everyMs: 1000 })
    const equal = await waitUntil(
      async () => (await stack.promQuery('sum(crm_shadow_reads_total{result="equal"}) > 0'))[0]?.value,
      { what: 'an answer is compared', timeoutMs: WITHIN_MS, everyMs: 1000 }
    )
    const [different] = await stack.promQuery('sum(crm_shadow_reads_total{result="different"})')
    must(different?.value === 0, `${different?.value} answers differed`)
    return `${equal} answers compared so far`
  }
}

interface Card {
  readonly status: string
}

export const tiersHearOfOrders: Proof = {
  name: 'what is written past the tier of the MES is seen through it, long before its time is over',
  run: async ({ plan }) => {
    const ask = async <T>(base: string, init?: RequestInit): Promise<T> => {
      const response = await fetch(base, init)
      const text = await response.text()
      must(response.ok, `${base} answers ${response.status}: ${text}`)
      return JSON.parse(text) as T
    }
    const tier = urlOf(plan, 'mes-api-tier')
    const { orders } = await ask<{ orders: { id: number }[] }>(`${tier}/api/orders?status=SUBMITTED&page=2`)
    const id = orders.at(-1)?.id
    must(id, 'no order is SUBMITTED')
    const status = async (): Promise<string> => (await ask<Card>(`${tier}/api/orders/${id}`)).status
    must((await status()) === 'SUBMITTED', 'somebody else moved the order on')
    await ask(`${urlOf(plan, 'mes-api')}/api/orders/${id}/status`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ status: 'PRICE_CALCULATED' })
    })
    const began = performance.now()
    // The card lives for 36 s at least.
    await waitUntil(async () => (await status()) === 'PRICE_CALCULATED', {
      what: 'the card shows the change',
      timeoutMs: 20_000,
      everyMs: 10
    })
    return `after ${(performance.now() - began).toFixed(0)} ms`
  }
}
