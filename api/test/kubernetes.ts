import { Agent, request } from 'node:https'
import type { RunningApiServer } from '@alexandrite/hack/services'
import { crd, purgeCrd } from '../src/crd.ts'

export interface Answer {
  readonly status: number
  readonly body: unknown
}

/** Plain HTTPS to an API server with the administrator's client certificate. */
export interface Client {
  readonly ask: (method: string, path: string, body?: unknown) => Promise<Answer>
  readonly close: () => void
}

export function connect({ url, ca, cert, key }: RunningApiServer): Client {
  const agent = new Agent({ keepAlive: true, ca, cert, key })
  const headers = { 'content-type': 'application/json', accept: 'application/json' }
  const ask = (method: string, path: string, body?: unknown) =>
    new Promise<Answer>((resolve, reject) => {
      const call = request(`${url}${path}`, { method, headers, agent }, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8')
          resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as unknown })
        })
      })
      call.on('error', reject)
      call.end(body === undefined ? undefined : JSON.stringify(body))
    })
  return { ask, close: () => agent.destroy() }
}

/** Asks again until the answer is what is waited for, or throws the last one after 20 seconds. */
export async function askUntil(
  { ask }: Client,
  path: string,
  done: (answer: Answer) => boolean
): Promise<Answer> {
  const end = Date.now() + 20_000
  for (;;) {
    const answer = await ask('GET', path)
    if (done(answer)) return answer
    if (Date.now() > end)
      throw new Error(`GET ${path} still answers ${JSON.stringify(answer).slice(0, 2000)}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

export interface CrdCondition {
  readonly type: string
  readonly status: string
  readonly message: string
}

const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const conditionsOf = ({ body }: Answer): readonly CrdCondition[] =>
  (body as { status?: { conditions?: CrdCondition[] } }).status?.conditions ?? []

/** Creates the CRD of CacheTier, waits until the server serves it, and returns its conditions. */
export const installCrd = (client: Client): Promise<readonly CrdCondition[]> =>
  install(client, crd(), 'cachetiers')
/** The same for CachePurge. */
export const installPurgeCrd = (client: Client): Promise<readonly CrdCondition[]> =>
  install(client, purgeCrd(), 'cachepurges')

async function install(client: Client, definition: object, plural: string): Promise<readonly CrdCondition[]> {
  const created = await client.ask('POST', CRDS, definition)
  if (created.status !== 201) throw new Error(`the CRD was refused: ${JSON.stringify(created.body)}`)
  const isEstablished = (answer: Answer) =>
    conditionsOf(answer).some(({ type, status }) => type === 'Established' && status === 'True')
  const answer = await askUntil(client, `${CRDS}/${plural}.alexandrite.dev`, isEstablished)
  // Discovery and the handler follow a moment after the condition.
  const isServed = ({ status, body }: Answer) =>
    status === 200 && ((body as { kind?: string }).kind ?? '').endsWith('List')
  await askUntil(client, `/apis/alexandrite.dev/v1alpha1/${plural}`, isServed)
  return conditionsOf(answer)
}
