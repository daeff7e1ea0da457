import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { NodeExchange } from './node-exchange.ts'
import { isUnknownMethod, refuse, relayRaw } from './unparsed.ts'
import type { ParserError } from './unparsed.ts'
import { relayUpgrade, wantsUpgrade } from './upgrade.ts'

/** Limits of the traffic port. */
const MAX_HEADER_BYTES = 32 * 1024
const HEADERS_TIMEOUT_MS = 30_000
/** Whole request with its body: uploads may be slow. */
const REQUEST_TIMEOUT_MS = 300_000
/** Longer than the idle time of usual load balancers and clients, so that they close first. */
const KEEP_ALIVE_MS = 75_000

export interface EdgeOptions {
  readonly originUrl: string
  /** Answers one request. */
  readonly handle: (exchange: NodeExchange) => Promise<void>
  /** Hears of each answer that broke off. */
  readonly onBroken: (error: unknown, method: string) => void
}

/** The traffic port: Node's HTTP server, its connections and requests counted so that it can drain. */
export class Edge {
  readonly server: Server
  readonly #options: EdgeOptions
  readonly #tunnels = new Set<Duplex>()
  /** Connections that have not carried a request yet. */
  readonly #fresh = new WeakSet<Duplex>()
  readonly #relays = new WeakMap<Duplex, Duplex>()
  #active = 0
  #closing = false
  #idle: (() => void) | undefined

  constructor(options: EdgeOptions) {
    this.#options = options
    this.server = createServer(
      {
        maxHeaderSize: MAX_HEADER_BYTES,
        headersTimeout: HEADERS_TIMEOUT_MS,
        requestTimeout: REQUEST_TIMEOUT_MS,
        keepAliveTimeout: KEEP_ALIVE_MS,
        shouldUpgradeCallback: wantsUpgrade
      },
      (message, response) => this.#answer(message, response)
    )
    this.server.on('checkExpectation', (message: IncomingMessage, response: ServerResponse) =>
      this.#answer(message, response)
    )
    this.server.on('checkContinue', (message: IncomingMessage, response: ServerResponse) =>
      this.#answer(message, response)
    )
    this.server.on('clientError', (error: ParserError, socket: Duplex) => this.#unparsed(error, socket))
    this.server.on('connection', (socket: Duplex) => this.#fresh.add(socket))
    this.server.on('upgrade', (message: IncomingMessage, socket: Duplex, head: Buffer) =>
      this.#tunnel(message, socket, head)
    )
  }

  get active(): number {
    return this.#active
  }

  /** From now on each answer ends its connection, so that clients look for another pod. */
  set closing(value: boolean) {
    this.#closing = value
  }

  #answer(message: IncomingMessage, response: ServerResponse): void {
    this.#active += 1
    this.#fresh.delete(message.socket)
    response.once('close', () => {
      this.#active -= 1
      if (this.#active === 0) this.#idle?.()
    })
    const exchange = new NodeExchange(message, response, () => this.#closing)
    this.#options.handle(exchange).catch((error: unknown) => {
      if (!exchange.gone.aborted) this.#options.onBroken(error, exchange.request.method)
      exchange.destroy()
    })
  }

  #tunnel(message: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#tunnels.add(socket)
    socket.once('close', () => this.#tunnels.delete(socket))
    relayUpgrade(this.#options.originUrl, message, socket, head)
  }

  /**
   * A method that Node's parser does not know: the connection is relayed to the origin as it is. Only the
   * first request of a connection can be: what came before it would be sent twice.
   */
  #unparsed(error: ParserError, socket: Duplex): void {
    const relay = this.#relays.get(socket)
    if (relay) return void relay.write(error.rawPacket ?? '')
    if (!this.#fresh.has(socket) || !isUnknownMethod(error)) return refuse(error, socket)
    this.#tunnels.add(socket)
    socket.once('close', () => this.#tunnels.delete(socket))
    this.#relays.set(socket, relayRaw(this.#options.originUrl, socket, error.rawPacket))
  }

  /** Takes no more connections, lets requests finish for `graceMs`, then ends what is left. */
  async drain(graceMs: number): Promise<void> {
    this.#closing = true
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()))
    this.server.closeIdleConnections()
    for (const tunnel of this.#tunnels) tunnel.end()
    await this.#settled(graceMs)
    this.server.closeAllConnections()
    for (const tunnel of this.#tunnels) tunnel.destroy()
    await closed
  }

  #settled(graceMs: number): Promise<void> {
    if (this.#active === 0) return Promise.resolve()
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, graceMs)
      this.#idle = () => {
        clearTimeout(timer)
        // The last bytes are in the kernel's hands; closing now does not cut them.
        setImmediate(resolve)
      }
    })
  }
}
