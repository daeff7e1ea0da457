/** A little of the company's day, so that there is something to see. */
import { setTimeout as delay } from 'node:timers/promises'
import { LOAD_DEFAULTS, runLoad } from '@alexandrite/examples'
import { customerToken } from '@alexandrite/examples/data/seed-sql'
import { carry } from '../company/carrier.ts'
import { urlOf } from '../company/plan.ts'
import type { CompanyPlan } from '../company/plan.ts'
import { messageOf, say } from '../run.ts'

const HOUR_SECONDS = 3600
const PAUSE_MS = 2000

/**
 * Operators and customers at the tiers, the CRM, one operator with the page, one who packs, and a carrier, until the
 * signal.
 */
export async function playDay(plan: CompanyPlan, signal: AbortSignal): Promise<void> {
  const users = async (): Promise<void> => {
    for (let seed = 1; !signal.aborted; seed++)
      await runLoad(
        {
          ...LOAD_DEFAULTS,
          mes: urlOf(plan, 'mes-api-tier'),
          shop: urlOf(plan, 'shop-api-tier'),
          metrics: [],
          operators: 6,
          customers: 10,
          warmupSeconds: 0,
          durationSeconds: HOUR_SECONDS,
          seed
        },
        signal
      )
  }
  const carrier = {
    logisticsUrl: urlOf(plan, 'orders-logistics'),
    complain: (reason: string) => say(`the carrier: ${reason}`)
  }
  await Promise.all([
    users(),
    readAsCrm(plan, signal),
    lookAtOrder(plan, signal),
    workOnPage(plan, signal),
    pack(plan, signal),
    carry(carrier, signal)
  ])
}

/** Somebody who does the same again and again; what goes wrong is said once: whoever broke something knows. */
async function again(
  who: string,
  signal: AbortSignal,
  act: (turn: number) => Promise<unknown>
): Promise<void> {
  let told = false
  for (let turn = 1; !signal.aborted; turn++) {
    try {
      await act(turn)
    } catch (error) {
      if (!signal.aborted && !told) say(`${who}: ${messageOf(error)}`)
      told = true
    }
    await delay(PAUSE_MS, undefined, { signal }).catch(() => undefined)
  }
}

/** The CRM looks at one customer after the other, and at the latest order of each. */
const readAsCrm = (plan: CompanyPlan, signal: AbortSignal): Promise<void> =>
  again('the CRM', signal, async (customer) => {
    const crm = urlOf(plan, 'crm-api')
    const { orders } = await read<{ orders: { id: number }[] }>(
      `${crm}/api/customers/${customer}/orders`,
      signal
    )
    if (orders[0]) await read(`${crm}/api/orders/${orders[0].id}`, signal)
  })

/** Customers look at the page of their latest order, which asks the MES how far it is. */
const lookAtOrder = (plan: CompanyPlan, signal: AbortSignal): Promise<void> =>
  again('a customer', signal, async (customer) => {
    const own = `${urlOf(plan, 'shop-api')}/api/orders`
    const headers = { authorization: `Bearer ${customerToken(customer)}` }
    const { orders } = await read<Board>(own, signal, headers)
    if (orders[0]) await read(`${own}/${orders[0].id}`, signal, headers)
  })

/** One operator works with the page; others mostly took the order before, as the MES then says with 409. */
const workOnPage = (plan: CompanyPlan, signal: AbortSignal): Promise<void> =>
  again('the operators’ page', signal, async () => {
    const page = urlOf(plan, 'orders-operators')
    const board = (status: string) => read<Board>(`${page}/api/board?status=${status}`, signal)
    await read(`${page}/api/operators`, signal)
    const [free, taken] = [await board('MANUFACTURING_APPROVED'), await board('MANUFACTURING_STARTED')]
    const order = free.orders[0] ?? taken.orders[0]
    if (!order) return
    await send('POST', `${page}/api/orders/${order.id}/take`, { operatorId: 1 }, signal)
  })

/** What was made is packed and handed to the carrier; the shop shows its customer the date that it is promised for. */
const pack = (plan: CompanyPlan, signal: AbortSignal): Promise<void> =>
  again('the packing', signal, async () => {
    const mes = urlOf(plan, 'mes-api-tier')
    const { orders } = await read<Board>(`${mes}/api/orders?status=MANUFACTURING_COMPLETED`, signal)
    // Its last: whoever made the first may be about to pack it.
    const order = orders.at(-1)
    if (!order) return
    for (const status of ['PACKAGING', 'SHIPPED']) {
      await send('PATCH', `${mes}/api/orders/${order.id}/status`, { status }, signal)
      await delay(PAUSE_MS, undefined, { signal })
    }
    const promise = await fetch(`${urlOf(plan, 'orders-customers')}/api/promises/${order.id}`, { signal })
    // 404: the service has not heard of it yet.
    if (!promise.ok && promise.status !== 404) throw new Error(await promise.text())
  })

interface Board {
  readonly orders: readonly { readonly id: number }[]
}

async function read<T>(url: string, signal: AbortSignal, headers: Record<string, string> = {}): Promise<T> {
  const response = await fetch(url, { headers, signal })
  if (!response.ok) throw new Error(`${url} answers ${response.status}: ${await response.text()}`)
  return (await response.json()) as T
}

/** Somebody else may have been quicker, which is said with 409. */
async function send(method: string, url: string, body: object, signal: AbortSignal): Promise<void> {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(url, { method, headers, body: JSON.stringify(body), signal })
  const text = await response.text()
  if (!response.ok && response.status !== 409)
    throw new Error(`${method} ${url} answers ${response.status}: ${text}`)
}
