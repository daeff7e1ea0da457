/** Leads the CRM of the company out of the Shop's database, by the commands that a person types. */
import { demoCrm, demoDatabase } from '@alexandrite/cdk8s'
import type { MigrationStatus, Step } from '@alexandrite/orders/crm/admin'
import { setTimeout as sleep } from 'node:timers/promises'
import { Agent, request } from 'undici'
import { typed } from '../../src/typed.ts'
import { clusterIp } from './kube.ts'
import { waitFor } from './wait.ts'

/** @param instances how many pods the CRM has */
export async function leadTo(steps: readonly Step[], instances: number): Promise<void> {
  const { user, password, port, database } = demoDatabase
  Object.assign(process.env, {
    ALEXANDRITE_ADMIN_TOKEN: demoCrm.tokens.admin,
    SHOP_ADMIN_DATABASE_URL: `postgres://${user}:${password}@${await clusterIp('data', 'postgres')}:${port}/${database}`
  })
  const at = ['--read-model', `http://${await clusterIp('orders', 'crm-read-model')}`]
  const status = async (): Promise<MigrationStatus> =>
    JSON.parse((await typed('orders', 'crm', 'status', ...at, '--json')).join('')) as MigrationStatus
  for (const step of steps) {
    await waitFor(
      `nothing is in the way of ${step}`,
      async () => {
        const { next } = await status()
        if (next?.step === step && next.reasons.length === 0) return true
        throw new Error(`${next?.step}: ${next?.reasons.join('; ')}`)
      },
      { seconds: 120, everyMs: 500 }
    )
    await typed('orders', 'crm', 'step', step, ...at)
    await waitFor(`every pod of the CRM acts by ${step}`, async () => {
      const { facts } = await status()
      return facts.instances.filter((each) => each.step === step).length === instances
    })
  }
}

export interface Seen {
  /** Answers that were looked for. */
  readonly reads: number
  /** Tries that a busy machine made one too many; the answer says "try again in a few seconds". */
  readonly again: number
  readonly failures: readonly string[]
}

export interface Sellers {
  /** Ends their work. */
  stop(): Promise<Seen>
}

const SELLERS = 3
const CUSTOMERS = 200
const PAUSE_MS = 50
const TRIES = 4
const AGAIN_MS = 1000

/** One try on a new connection. @returns why it failed */
async function look(url: string): Promise<string | undefined> {
  const agent = new Agent({ connections: 1 })
  try {
    const answer = await request(url, { dispatcher: agent })
    const text = await answer.body.text()
    return answer.statusCode === 200 ? undefined : `${url}: ${answer.statusCode} ${text}`
  } catch (error) {
    return `${url}: ${String(error)}`
  } finally {
    await agent.close()
  }
}

/** Sellers who look at one customer's orders after the other, and try again where the answer asks for it. */
export function startSellers(crm: string): Sellers {
  const over = new AbortController()
  const failures: string[] = []
  let [reads, again] = [0, 0]
  const lookUntilSeen = async (url: string): Promise<void> => {
    for (let tries = 1; ; tries += 1) {
      const failure = await look(url)
      if (failure === undefined) return
      if (!failure.includes('read_model_unavailable') || tries === TRIES) return void failures.push(failure)
      again += 1
      await sleep(AGAIN_MS)
    }
  }
  const seller = async (): Promise<void> => {
    while (!over.signal.aborted) {
      reads += 1
      await lookUntilSeen(`${crm}/api/customers/${1 + (reads % CUSTOMERS)}/orders`)
      await sleep(PAUSE_MS)
    }
  }
  const working = Promise.all(Array.from({ length: SELLERS }, seller))
  return {
    async stop() {
      over.abort()
      await working
      return { reads, again, failures }
    }
  }
}
