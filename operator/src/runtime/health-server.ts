import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { listen, closeServer, type Address } from './listen.ts'
import type { RuntimeMetrics } from './metrics.ts'
import type { Runnable } from './runnable.ts'
import type { Log, Milliseconds } from './types.ts'

const CHECK_TIMEOUT: Milliseconds = 2_000

/** True: good. False, or throwing an Error that says why: not. */
export type HealthCheck = () => boolean | Promise<boolean>

export interface HealthServerOptions {
  /** Default: all addresses. */
  readonly host?: string
  /** 0: any free port. */
  readonly port: number
  readonly metrics: RuntimeMetrics
  readonly log: Log
}

interface Verdict {
  readonly name: string
  /** Undefined when all is well. */
  readonly problem: string | undefined
}

const judge = async (name: string, check: HealthCheck): Promise<Verdict> => {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(
    () => late.reject(new Error(`no answer within ${CHECK_TIMEOUT} ms`)),
    CHECK_TIMEOUT
  )
  try {
    const good = await Promise.race([check(), late.promise])
    return { name, problem: good ? undefined : 'not yet' }
  } catch (error) {
    return { name, problem: error instanceof Error ? error.message : String(error) }
  } finally {
    clearTimeout(timer)
  }
}

const report = (path: string, verdicts: readonly Verdict[]): string => {
  const lines = verdicts.map(({ name, problem }) =>
    problem === undefined ? `[+]${name} ok` : `[-]${name} failed: ${problem}`
  )
  const failed = verdicts.some(({ problem }) => problem !== undefined)
  return [...lines, `${path} check ${failed ? 'failed' : 'passed'}`, ''].join('\n')
}

/** Plain HTTP: /healthz and /readyz (each with a line a check, and /readyz/NAME for one), and /metrics. */
export class HealthServer implements Runnable {
  readonly name = 'health server'
  readonly #options: HealthServerOptions
  readonly #server: Server
  readonly #checks = {
    healthz: new Map<string, HealthCheck>([['ping', () => true]]),
    readyz: new Map<string, HealthCheck>()
  }

  constructor(options: HealthServerOptions) {
    this.#options = options
    this.#server = createServer({ requestTimeout: 10_000, headersTimeout: 5_000 }, (request, response) => {
      this.#answer(request, response).catch((error: unknown) => this.#failed(response, error))
    })
  }

  /** Failing means: restart this process. */
  addHealthCheck(name: string, check: HealthCheck): void {
    this.#checks.healthz.set(name, check)
  }

  /** Failing means: send no requests here. */
  addReadyCheck(name: string, check: HealthCheck): void {
    this.#checks.readyz.set(name, check)
  }

  async start(): Promise<Address> {
    return await listen(this.#server, this.#options.port, this.#options.host)
  }

  async close(): Promise<void> {
    await closeServer(this.#server)
  }

  async run(signal: AbortSignal): Promise<void> {
    const address = this.#server.listening ? undefined : await this.start()
    if (address) this.#options.log.info(address, 'health and metrics are served')
    await aborted(signal)
    await this.close()
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [path = ''] = (request.url ?? '').split('?')
    const [, kind, name] = path.split('/')
    if (kind === 'metrics') return await this.#metrics(response)
    if (kind !== 'healthz' && kind !== 'readyz') {
      return send(response, 404, 'there are /healthz, /readyz and /metrics\n')
    }
    const checks = [...this.#checks[kind]].filter(([each]) => name === undefined || each === name)
    if (name !== undefined && checks.length === 0) return send(response, 404, `no check "${name}"\n`)
    const verdicts = await Promise.all(checks.map(([each, check]) => judge(each, check)))
    const failed = verdicts.some(({ problem }) => problem !== undefined)
    send(response, failed ? 503 : 200, report(kind, verdicts))
  }

  async #metrics(response: ServerResponse): Promise<void> {
    const { registry } = this.#options.metrics
    const text = await registry.metrics()
    response.setHeader('content-type', registry.contentType)
    response.end(text)
  }

  #failed(response: ServerResponse, error: unknown): void {
    this.#options.log.error({ err: error }, 'health or metrics could not be answered')
    if (!response.headersSent) send(response, 500, 'internal error\n')
  }
}

const send = (response: ServerResponse, status: number, text: string): void => {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' })
  response.end(text)
}

/** Resolves when the signal aborts. */
export const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
