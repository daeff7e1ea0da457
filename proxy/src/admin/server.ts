import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import type { PolicyState } from '../tier/policy-source.ts'
import type { Metrics } from '../tier/metrics.ts'
import type { PurgeReport, PurgeRequest } from '../tier/purge-client.ts'
import type { Purger } from '../tier/purger.ts'
import type { JoinReport, JoinRequest } from '../tier/join-client.ts'
import type { TierStats } from '../tier/stats.ts'
import { MAX_BODY_BYTES, readBody } from './body.ts'
import { parseJoinRequest } from './join-request.ts'
import { LiveEvents } from './live.ts'
import { parsePurgeRequest } from './purge-request.ts'
import { authorize } from './token.ts'

export type Readiness = 'Ready' | 'Joining' | 'ShuttingDown'

export interface AdminOptions {
  readonly tier: string
  readonly metrics: Metrics
  readonly purger: Purger
  readonly policy: () => PolicyState
  readonly stats: () => TierStats
  /** Whether clients should be sent here; never a matter of the store. */
  readonly readiness: () => Readiness
  /** Takes another pod in; undefined when this one has no peers. */
  readonly join: (request: JoinRequest) => Promise<JoinReport> | undefined
  /** Starts to send clients elsewhere; resolves when the endpoints have forgotten this pod. */
  readonly drain: () => Promise<void>
  readonly token: () => string | undefined
  readonly log: Logger
}

interface Reply {
  readonly status: number
  readonly body: string
  readonly type?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** What a browser needs to know of every answer: nothing here is a script or is framed. */
const ALWAYS = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }

const json = (status: number, value: unknown): Reply => ({
  status,
  body: `${JSON.stringify(value)}\n`,
  type: 'application/json'
})
const problem = (status: number, error: string): Reply => json(status, { error })

const REFUSALS = {
  Missing: problem(401, 'send the tier\'s token as "Authorization: Bearer TOKEN"'),
  Wrong: problem(403, "that is not this tier's token"),
  Disabled: problem(
    403,
    'purging and joining are off: this proxy was started without a token (ALEXANDRITE_ADMIN_TOKEN_FILE)'
  )
}

type Answering = (options: AdminOptions, text: string) => Promise<Reply> | Reply

/** A route for those who have the tier's token; what it gets is the body. */
const guarded =
  (answering: Answering): Route =>
  async (options, message) => {
    const granted = authorize(message.headers.authorization, options.token())
    if (granted !== 'Granted') return REFUSALS[granted]
    const text = await readBody(message)
    if (text === undefined) return problem(413, `the body may have ${MAX_BODY_BYTES} bytes at most`)
    return answering(options, text)
  }

const purge: Answering = ({ purger }, text) => {
  const parsed = parsePurgeRequest(text)
  return parsed.ok ? report(purger, parsed.request) : problem(400, parsed.error)
}

const NO_PEERS = problem(404, 'this proxy has no peers: start it with ALEXANDRITE_PEERS')

const join: Answering = async (options, text) => {
  const parsed = parseJoinRequest(text)
  if (!parsed.ok) return problem(400, parsed.error)
  const answer = await options.join(parsed.request)
  return answer ? json(200, answer) : NO_PEERS
}

const report = async (purger: Purger, request: PurgeRequest): Promise<Reply> => {
  const targets = { keys: request.keys ?? [], tags: request.tags ?? [], all: request.all === true }
  const marks = [...purger.marksOf(targets), ...(request.marks ?? [])]
  const pods =
    request.scope === 'pod'
      ? await purger.purgePod(marks, request.stamp)
      : await purger.purgeTier(marks, 'api')
  const body: PurgeReport = { purged: targets, pods }
  return json(pods.every(({ acknowledged }) => acknowledged) ? 200 : 502, body)
}

const policyReply = ({ tier, policy }: AdminOptions): Reply => {
  const { policy: current, loadedAt, error } = policy()
  return json(200, { hash: current?.hash, tier, loadedAt: loadedAt?.toISOString(), error })
}

/** Loaded when somebody looks at it. */
const livePage: Route = async () => {
  const { LIVE_PAGE, LIVE_PAGE_POLICY } = await import('./live-page.ts')
  const headers = { 'content-security-policy': LIVE_PAGE_POLICY }
  return { status: 200, body: LIVE_PAGE, type: 'text/html; charset=utf-8', headers }
}

/** The whole policy in effect, for `alexandrite explain --admin`. */
const policyDocument: Route = ({ policy }) => {
  const { policy: current } = policy()
  return current ? json(200, current) : problem(404, 'there is no policy: plain HTTP caching (RFC 9111)')
}

type Route = (options: AdminOptions, message: IncomingMessage) => Promise<Reply> | Reply

const READINESS: Record<Readiness, Reply> = {
  Ready: { status: 200, body: 'ok\n' },
  Joining: { status: 503, body: 'joining\n' },
  ShuttingDown: { status: 503, body: 'shutting down\n' }
}

const ROUTES = new Map<string, Route>([
  ['GET /healthz', () => ({ status: 200, body: 'ok\n' })],
  ['GET /readyz', ({ readiness }) => READINESS[readiness()]],
  [
    'GET /metrics',
    async ({ metrics }, message) => {
      const { text, type } = await metrics.exposition(message.headers.accept)
      return { status: 200, body: text, type }
    }
  ],
  ['GET /policy', policyReply],
  ['GET /policy.json', policyDocument],
  ['GET /stats', ({ stats }) => json(200, stats())],
  ['GET /live', livePage],
  [
    'GET /drain',
    async ({ drain }) => {
      await drain()
      return { status: 200, body: 'drained\n' }
    }
  ],
  ['POST /join', guarded(join)],
  ['POST /purge', guarded(purge)]
])

const route = (options: AdminOptions, message: IncomingMessage): Promise<Reply> | Reply => {
  const path = (message.url ?? '/').split('?', 1)[0] ?? '/'
  const found = ROUTES.get(`${message.method} ${path}`)
  if (found) return found(options, message)
  const other = ['GET', 'POST'].find((method) => ROUTES.has(`${method} ${path}`))
  return other === undefined
    ? problem(404, `there is no ${path} here`)
    : problem(405, `use ${other} for ${path}`)
}

const answer = async (
  options: AdminOptions,
  message: IncomingMessage,
  response: ServerResponse
): Promise<void> => {
  const { status, body, type, headers } = await route(options, message)
  response.writeHead(status, {
    'content-type': type ?? 'text/plain; charset=utf-8',
    ...ALWAYS,
    ...headers
  })
  response.end(body)
}

/** Health, metrics, drain, purge and the live page; its port is never the traffic port. */
export class AdminServer {
  readonly server: Server
  readonly #live: LiveEvents

  constructor(options: AdminOptions) {
    this.#live = new LiveEvents(options.stats)
    this.server = createServer((message, response) => {
      if (message.method === 'GET' && message.url === '/live/events') {
        this.#live.watch(message, response)
        return
      }
      answer(options, message, response).catch((error: unknown) => {
        options.log.error({ err: error }, 'the admin port failed to answer')
        response.destroy()
      })
    })
  }

  /** Ends all connections, those of the live page with a word. */
  async close(): Promise<void> {
    this.#live.close()
    if (!this.server.listening) return
    const closed = new Promise((resolve) => this.server.close(resolve))
    this.server.closeAllConnections()
    await closed
  }
}
