import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Milliseconds } from '@alexandrite/api'
import type { TrafficLimits } from '../tier/options.ts'
import { NodeExchange } from './node-exchange.ts'
import { TLS_HANDSHAKE } from './other-protocols.ts'
import type { Relayed } from './relayed.ts'
import { refusalOf } from './request-check.ts'
import { isUnknownMethod, otherProtocol, refuse, refuseWith, relayRaw } from './unparsed.ts'
import type { ParserError } from './unparsed.ts'
import { relayUpgrade, wantsUpgrade } from './upgrade.ts'

/** How often the limits of time are looked at, at least. */
const LOOK_EVERY_MS: Milliseconds = 1000

export interface NodeServerOptions {
  readonly originUrl: string
  readonly limits: TrafficLimits
  /** Answers one request. */
  readonly handle: (exchange: NodeExchange) => Promise<void>
  /** A connection is relayed from now on. */
  readonly onRelay: (relayed: Relayed) => void
  /** Hears of each answer that broke off. */
  readonly onBroken: (error: unknown, method: string) => void
  /** True once each answer shall end its connection, so that clients look for another pod. */
  readonly closing: () => boolean
  /** An answer ended. */
  readonly onIdle: () => void
}

/** A tunnel to anywhere is not for a tier of one application (RFC 9110 §9.3.6). */
const NO_TUNNELS = '501 Not Implemented'

/** A request of a connection, which begins when those before it are answered. */
interface Turn {
  readonly message: IncomingMessage
  readonly response: ServerResponse
  begun: boolean
  run: () => void
}

const after = (before: Turn | undefined, socket: Duplex, next: () => void): void => {
  if (!before || before.response.closed) return next()
  before.response.once('close', () => {
    if (!socket.destroyed) next()
  })
}

const refuseRequest = (status: string, response: ServerResponse): void => {
  response.writeHead(Number(status.slice(0, 3)), { Connection: 'close', 'Content-Length': 0 }).end()
}

/** Node's HTTP server: it answers all that the fast path does not take, on its connections or by listening. */
export class NodeServer {
  readonly server: Server
  readonly #options: NodeServerOptions
  readonly #tunnels = new Set<Duplex>()
  /** Connections that have not carried a request yet. */
  readonly #fresh = new WeakSet<Duplex>()
  readonly #relays = new WeakMap<Duplex, Duplex>()
  readonly #latest = new WeakMap<Duplex, Turn>()
  /** Connections on which something came that is no request: nothing after it is one. */
  readonly #broken = new WeakSet<Duplex>()
  #active = 0

  constructor(options: NodeServerOptions) {
    this.#options = options
    const { headTimeoutMs, requestTimeoutMs } = options.limits
    this.server = createServer(
      {
        // Node refuses to start with a head that may take longer than the whole.
        headersTimeout: Math.min(headTimeoutMs, requestTimeoutMs),
        requestTimeout: requestTimeoutMs,
        connectionsCheckingInterval: Math.min(LOOK_EVERY_MS, headTimeoutMs / 4, requestTimeoutMs / 4),
        shouldUpgradeCallback: wantsUpgrade
      },
      (message, response) => this.#answer(message, response)
    )
    // Node would leave out further fields without a word; their bytes are bounded by maxHeaderSize.
    this.server.maxHeadersCount = 0
    this.limit()
    this.server.on('checkExpectation', (message: IncomingMessage, response: ServerResponse) =>
      this.#answer(message, response)
    )
    this.server.on('checkContinue', (message: IncomingMessage, response: ServerResponse) =>
      this.#answer(message, response)
    )
    this.server.on('clientError', (error: ParserError, socket: Duplex) => this.#unparsed(error, socket))
    this.server.on('connection', (socket: Duplex) => this.#fresh.add(socket))
    // Without a listener Node would cut pending answers off.
    this.server.on('connect', (_message: IncomingMessage, socket: Duplex) =>
      after(this.#latest.get(socket), socket, () => refuseWith(NO_TUNNELS, socket))
    )
    this.server.on('upgrade', (message: IncomingMessage, socket: Duplex, head: Buffer) =>
      this.#tunnel(message, socket, head)
    )
  }

  /** Takes note of changed limits. */
  limit(): void {
    const { maxHeadBytes, headTimeoutMs, requestTimeoutMs, idleTimeoutMs, maxConnections } =
      this.#options.limits
    const { server } = this
    // Node reads it for each connection, as an option of the server it cannot be changed.
    Object.assign(server, { maxHeaderSize: maxHeadBytes })
    server.requestTimeout = requestTimeoutMs
    server.headersTimeout = Math.min(headTimeoutMs, requestTimeoutMs)
    server.keepAliveTimeout = idleTimeoutMs
    server.maxConnections = maxConnections
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

  /**
   * Pipelined requests are answered one after the other: a later one may depend on what an earlier one changes,
   * and only safe ones might run side by side (RFC 9112 §9.3.2).
   */
  #answer(message: IncomingMessage, response: ServerResponse): void {
    const { socket } = message
    const turn: Turn = { message, response, begun: false, run: () => this.#begin(message, response) }
    const before = this.#latest.get(socket)
    this.#latest.set(socket, turn)
    after(before, socket, () => {
      turn.begun = true
      turn.run()
    })
  }

  #begin(message: IncomingMessage, response: ServerResponse): void {
    this.#active += 1
    this.#fresh.delete(message.socket)
    response.once('close', () => {
      this.#active -= 1
      this.#options.onIdle()
    })
    const refusal = refusalOf(message)
    if (refusal) return refuseRequest(refusal, response)
    const exchange = new NodeExchange(message, response, this.#options.closing)
    this.#options.handle(exchange).catch((error: unknown) => {
      if (!exchange.gone.aborted) this.#options.onBroken(error, exchange.request.method)
      exchange.destroy()
    })
  }

  #tunnel(message: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.watch(socket)
    const refusal = refusalOf(message)
    after(this.#latest.get(socket), socket, () => {
      if (refusal) refuseWith(refusal, socket)
      else relayUpgrade(this.#options, message, socket, head)
    })
  }

  /**
   * A method that Node's parser does not know, HTTP/2 or TLS: the connection is relayed to the origin as it is. Only the
   * first request of a connection can be: what came before it would be sent twice.
   */
  #unparsed(error: ParserError, socket: Duplex): void {
    const relay = this.#relays.get(socket)
    if (relay) return void relay.write(error.rawPacket ?? '')
    const unknownMethod = isUnknownMethod(error)
    const raw = unknownMethod ? error.rawPacket : otherProtocol(error)
    if (!this.#fresh.has(socket) || !raw) return this.#refuse(error, socket)
    this.watch(socket)
    const protocol = raw[0] === TLS_HANDSHAKE ? 'tls' : 'h2'
    this.#options.onRelay({ kind: unknownMethod ? 'method' : protocol, client: socket })
    this.#relays.set(socket, relayRaw(this.#options.originUrl, socket, raw))
  }

  /** Refuses what came behind the requests before it, whose answers go first. */
  #refuse(error: ParserError, socket: Duplex): void {
    if (this.#broken.has(socket)) return
    this.#broken.add(socket)
    const latest = this.#latest.get(socket)
    const refused = (): void => refuse(error, socket)
    if (!latest || latest.message.complete) return after(latest, socket, refused)
    // It is the body of the latest request that is wrong.
    const { run } = latest
    const runThenRefuse = (): void => {
      run()
      refused()
    }
    if (!latest.begun) latest.run = runThenRefuse
    else if (latest.response.headersSent) socket.destroy()
    else refused()
  }
}
