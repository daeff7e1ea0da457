import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TrafficLimits } from '../tier/options.ts'
import { NodeExchange } from './node-exchange.ts'
import { isUnknownMethod, refuse, relayRaw } from './unparsed.ts'
import type { ParserError } from './unparsed.ts'
import { relayUpgrade, wantsUpgrade } from './upgrade.ts'

export interface NodeServerOptions {
  readonly originUrl: string
  readonly limits: TrafficLimits
  /** Answers one request. */
  readonly handle: (exchange: NodeExchange) => Promise<void>
  /** Hears of each answer that broke off. */
  readonly onBroken: (error: unknown, method: string) => void
  /** True once each answer shall end its connection, so that clients look for another pod. */
  readonly closing: () => boolean
  /** An answer ended. */
  readonly onIdle: () => void
}

/** Node's HTTP server: it answers all that the fast path does not take, on its connections or by listening. */
export class NodeServer {
  readonly server: Server
  readonly #options: NodeServerOptions
  readonly #tunnels = new Set<Duplex>()
  /** Connections that have not carried a request yet. */
  readonly #fresh = new WeakSet<Duplex>()
  readonly #relays = new WeakMap<Duplex, Duplex>()
  #active = 0

  constructor(options: NodeServerOptions) {
    this.#options = options
    const { maxHeadBytes, headTimeoutMs, requestTimeoutMs, idleTimeoutMs, maxConnections } = options.limits
    this.server = createServer(
      {
        maxHeaderSize: maxHeadBytes,
        headersTimeout: headTimeoutMs,
        requestTimeout: requestTimeoutMs,
        keepAliveTimeout: idleTimeoutMs,
        shouldUpgradeCallback: wantsUpgrade
      },
      (message, response) => this.#answer(message, response)
    )
    // Node would leave out further fields without a word; their bytes are bounded by maxHeaderSize.
    this.server.maxHeadersCount = 0
    this.server.maxConnections = maxConnections
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

  /** Requests under way. */
  get active(): number {
    return this.#active
  }

  /** To be called once when it serves only connections that `take` brings: its limits of time begin to count. */
  startWithoutListening(): void {
    // Node starts its look at slow connections with this event.
    this.server.emit('listening')
  }

  /** Serves a connection of which `unread` was read already. */
  take(socket: Socket, unread: Buffer, request: 'First' | 'Later'): void {
    socket.unshift(unread)
    this.server.emit('connection', socket)
    if (request === 'Later') this.#fresh.delete(socket)
    socket.resume()
  }

  /** Keeps a connection that is relayed in sight, to end it when draining. */
  watch(tunnel: Duplex): void {
    this.#tunnels.add(tunnel)
    tunnel.once('close', () => this.#tunnels.delete(tunnel))
  }

  finishIdle(): void {
    this.server.closeIdleConnections()
    for (const tunnel of this.#tunnels) tunnel.end()
  }

  destroyAll(): void {
    this.server.closeAllConnections()
    for (const tunnel of this.#tunnels) tunnel.destroy()
  }

  #answer(message: IncomingMessage, response: ServerResponse): void {
    this.#active += 1
    this.#fresh.delete(message.socket)
    response.once('close', () => {
      this.#active -= 1
      this.#options.onIdle()
    })
    const exchange = new NodeExchange(message, response, this.#options.closing)
    this.#options.handle(exchange).catch((error: unknown) => {
      if (!exchange.gone.aborted) this.#options.onBroken(error, exchange.request.method)
      exchange.destroy()
    })
  }

  #tunnel(message: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.watch(socket)
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
    this.watch(socket)
    this.#relays.set(socket, relayRaw(this.#options.originUrl, socket, error.rawPacket))
  }
}
