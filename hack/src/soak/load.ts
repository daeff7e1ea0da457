/** Mixed load on one tier: hot keys, keys never seen before, writes, answers that may not be stored, large ones. */
import { createServer, Agent, request as httpRequest } from 'node:http'
import type { IncomingMessage, Server } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

export interface Totals {
  requests: number
  hits: number
  newKeys: number
  writes: number
  /** The first few, as sentences. */
  readonly failures: string[]
  failed: number
  slowestMs: number
}

const LARGE = 'x'.repeat(256 * 1024)
const HOT_KEYS = 1000

/** What the application answers: each body begins with its target. */
const bodyOf = (target: string): string =>
  `${target}\n${target.startsWith('/large') ? LARGE : 'y'.repeat(1500)}`

export const startOrigin = async (): Promise<{ server: Server; url: string }> => {
  const server = createServer((request, response) => {
    const target = request.url ?? '/'
    request.resume()
    response.setHeader('cache-control', target.startsWith('/private') ? 'no-store' : 'max-age=30')
    response.setHeader('etag', `"${target}"`)
    if (request.headers['if-none-match'] !== undefined) return void response.writeHead(304).end()
    response.end(bodyOf(target))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

type Request = { readonly method: string; readonly target: string }

/** Of 100 requests: 72 of hot keys, 15 of new ones, 5 writes, 5 that may not be stored, 3 large ones. */
const next = (n: number, totals: Totals): Request => {
  const kind = n % 100
  const hot = Math.floor(HOT_KEYS * Math.random() ** 2)
  if (kind < 15) {
    totals.newKeys += 1
    return { method: 'GET', target: `/new/${n}` }
  }
  if (kind < 20) {
    totals.writes += 1
    return { method: 'POST', target: `/hot/${hot}` }
  }
  if (kind < 25) return { method: 'GET', target: `/private/${n}` }
  if (kind < 28) return { method: 'GET', target: `/large/${n % 200}` }
  return { method: 'GET', target: `/hot/${hot}` }
}

const ask = async (port: number, { method, target }: Request, agent: Agent): Promise<string> => {
  const headers = { host: 'soak.test', 'accept-language': 'en' }
  const request = httpRequest({ host: '127.0.0.1', port, method, path: target, agent, headers })
  request.end()
  const [answer] = (await once(request, 'response')) as [IncomingMessage]
  const pieces: Buffer[] = []
  for await (const piece of answer) pieces.push(piece as Buffer)
  const body = Buffer.concat(pieces).toString('latin1')
  if (answer.statusCode !== 200 || body !== bodyOf(target))
    throw new Error(`${method} ${target}: status ${answer.statusCode ?? 0}, ${body.length} bytes`)
  return String(answer.headers['cache-status'] ?? '')
}

const MAX_FAILURES_SHOWN = 10

const one = async (port: number, n: number, totals: Totals, agent: Agent): Promise<void> => {
  const started = performance.now()
  totals.requests += 1
  try {
    if ((await ask(port, next(n, totals), agent)).includes('; hit')) totals.hits += 1
  } catch (error) {
    totals.failed += 1
    if (totals.failures.length < MAX_FAILURES_SHOWN) totals.failures.push(String(error))
  }
  totals.slowestMs = Math.max(totals.slowestMs, performance.now() - started)
}

/** So many clients, each asking as fast as it is answered, until `until` (performance.now). */
export const load = async (port: number, clients: number, until: number, totals: Totals): Promise<void> => {
  let n = 0
  const client = async (): Promise<void> => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    while (performance.now() < until) await one(port, (n += 1), totals, agent)
    agent.destroy()
  }
  await Promise.all(Array.from({ length: clients }, client))
}
