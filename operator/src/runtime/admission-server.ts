import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import {
  formatReview,
  parseReview,
  type AdmissionAnswer,
  type AdmissionHandler,
  type AdmissionRequest
} from './admission.ts'
import type { CertificateSource } from './certificate-manager.ts'
import { sleep, systemClock, type Clock } from './clock.ts'
import { deadline } from './deadline.ts'
import { aborted } from './health-server.ts'
import { closeServer, listen, type Address } from './listen.ts'
import type { RuntimeMetrics } from './metrics.ts'
import type { Runnable } from './runnable.ts'
import type { Log, Milliseconds } from './types.ts'

/** The API server takes objects of 3 MiB at most, and an update sends two. */
const LARGEST_BODY = 8 * 1024 * 1024
/** Longer than the API server's own (90 s): it must not send a review into a connection that we are closing. */
const KEEP_ALIVE: Milliseconds = 120_000
const DRAIN: Milliseconds = 3_000
const HANDLER_TIMEOUT: Milliseconds = 5_000

export interface AdmissionServerOptions {
  /** Default: all addresses. */
  readonly host?: string
  /** 0: any free port. */
  readonly port: number
  readonly certificates: CertificateSource
  /** By path, such as "/mutate-pods"; a handler also takes the paths below its own. */
  readonly handlers: Readonly<Record<string, AdmissionHandler>>
  /** Time for a handler; then the object passes unchanged. Default 5 s, below the webhook's own time-out. */
  readonly handlerTimeout?: Milliseconds
  /** How long to go on serving after the signal, until no API server sends requests here. Default 3 s. */
  readonly drain?: Milliseconds
  readonly metrics: RuntimeMetrics
  readonly log: Log
  readonly clock?: Clock
}

class HttpError extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/**
 * HTTPS for admission webhooks (admission.k8s.io/v1). A handler that throws or takes too long lets the object
 * pass unchanged, with a warning that says so: a defect here must never keep a workload from starting.
 */
export class AdmissionServer implements Runnable {
  readonly name = 'admission server'
  readonly #options: AdmissionServerOptions
  readonly #clock: Clock
  #server: Server | undefined
  #isDraining = false
  #stopListening: () => void = () => undefined

  constructor(options: AdmissionServerOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
  }

  /** For a readiness check. */
  listening(): boolean {
    return this.#server?.listening === true
  }

  /** Waits for the first certificate, then binds. @throws when the port is taken. */
  async start(signal?: AbortSignal): Promise<Address> {
    const { certificates, host, port, log } = this.#options
    if (!(await certificates.ready(signal))) throw new Error('stopped before there was a certificate')
    const server = createServer({ ...this.#secureContext(), requestTimeout: 15_000, headersTimeout: 5_000 })
    server.keepAliveTimeout = KEEP_ALIVE
    server.on('request', (request, response) => void this.#answer(request, response))
    server.on('tlsClientError', (error) => log.debug({ err: error }, 'a TLS handshake failed'))
    this.#stopListening = certificates.onChange(() => server.setSecureContext(this.#secureContext()))
    this.#server = server
    const address = await listen(server, port, host)
    log.info(address, 'admission reviews are served')
    return address
  }

  async close(): Promise<void> {
    this.#stopListening()
    if (this.#server) await closeServer(this.#server)
  }

  async run(signal: AbortSignal): Promise<void> {
    if (!(await this.#options.certificates.ready(signal))) return
    await this.start(signal)
    await aborted(signal)
    this.#isDraining = true
    await sleep(this.#clock, this.#options.drain ?? DRAIN)
    await this.close()
  }

  #secureContext(): { cert: string; key: string; minVersion: 'TLSv1.2' } {
    const pair = this.#options.certificates.serving()
    if (pair === undefined) throw new Error('there is no certificate to serve with')
    return { cert: pair.certificate, key: pair.key, minVersion: 'TLSv1.2' }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').split('?')[0] ?? ''
    const route = this.#route(path)
    const webhook = route?.[0] ?? 'unknown'
    const started = this.#clock.monotonic()
    const { admissionRequests, admissionLatency } = this.#options.metrics
    const { status, body } = await this.#respond(request, path, route)
    admissionRequests.inc({ webhook, code: String(status) })
    admissionLatency.observe({ webhook }, (this.#clock.monotonic() - started) / 1000)
    const headers = { 'content-type': status === 200 ? 'application/json' : 'text/plain; charset=utf-8' }
    // What was not read of a refused body must not be taken for the next request.
    const isLast = this.#isDraining || !request.complete
    response.writeHead(status, isLast ? { ...headers, connection: 'close' } : headers)
    response.end(body)
  }

  async #respond(
    request: IncomingMessage,
    path: string,
    route: [string, AdmissionHandler] | undefined
  ): Promise<{ status: number; body: string }> {
    try {
      if (route === undefined) throw new HttpError(404, `no webhook at ${path}\n`)
      if (request.method !== 'POST') throw new HttpError(405, 'POST an AdmissionReview\n')
      const review = parse(await readBody(request))
      const answer = await this.#review(review, route[1], {
        webhook: route[0],
        path: path.slice(route[0].length)
      })
      return { status: 200, body: formatReview(review.uid, answer) }
    } catch (error) {
      if (error instanceof HttpError) return { status: error.status, body: error.message }
      this.#options.log.error({ err: error, path }, 'an admission review could not be answered')
      return { status: 500, body: 'internal error\n' }
    }
  }

  async #review(
    review: AdmissionRequest,
    handler: AdmissionHandler,
    { webhook, path }: { webhook: string; path: string }
  ): Promise<AdmissionAnswer> {
    const timeout = this.#options.handlerTimeout ?? HANDLER_TIMEOUT
    const limit = deadline(this.#clock, timeout)
    const late = aborted(limit.signal).then(() => {
      throw new Error(`no decision within ${timeout} ms`)
    })
    try {
      return await Promise.race([late, Promise.resolve(handler(review, { signal: limit.signal, path }))])
    } catch (error) {
      const { uid, namespace, name } = review
      this.#options.metrics.admissionErrors.inc({ webhook })
      this.#options.log.error(
        { err: error, webhook, uid, namespace, name },
        'allowed unchanged after an error'
      )
      return {
        allowed: true,
        warnings: [`alexandrite: ${review.kind.kind} was let through unchanged: ${text(error)}`]
      }
    } finally {
      limit.dispose()
    }
  }

  #route(path: string): [string, AdmissionHandler] | undefined {
    return Object.entries(this.#options.handlers).find(
      ([base]) => path === base || path.startsWith(`${base}/`)
    )
  }
}

const text = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const parse = (body: string): AdmissionRequest => {
  try {
    return parseReview(body)
  } catch (error) {
    throw new HttpError(400, `${text(error)}\n`)
  }
}

const readBody = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > LARGEST_BODY) throw new HttpError(413, `a review has at most ${LARGEST_BODY} bytes\n`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
