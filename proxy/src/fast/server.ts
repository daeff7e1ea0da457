import { createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import { Connection } from './connection.ts'
import type { ConnectionHost } from './connection.ts'

/** How often the limits of time are looked at: they are seconds, so a late look does no harm. */
const CHECK_EVERY_MS = 500

export type FastServerOptions = Omit<ConnectionHost, 'closed'>

/** The traffic port's own HTTP/1.1 server: plain requests it serves, others it gives away (see Connection). */
export class FastServer {
  readonly server: Server
  readonly #connections = new Set<Connection>()
  readonly #limits: FastServerOptions['limits']
  #checks: NodeJS.Timeout | undefined

  constructor(options: FastServerOptions) {
    const host: ConnectionHost = { ...options, closed: (connection) => this.#connections.delete(connection) }
    this.server = createServer({ noDelay: true, allowHalfOpen: true }, (socket: Socket) => {
      this.#connections.add(new Connection(socket, host))
    })
    this.#limits = options.limits
    this.limit()
    this.server.on('listening', () => {
      this.#checks = setInterval(() => this.#check(), CHECK_EVERY_MS).unref()
    })
    this.server.on('close', () => clearInterval(this.#checks))
  }

  /** Takes note of changed limits. */
  limit(): void {
    this.server.maxConnections = this.#limits.maxConnections
  }

  /** Requests under way. */
  get active(): number {
    let active = 0
    for (const connection of this.#connections) if (connection.active) active += 1
    return active
  }

  /** Ends the connections without a request. */
  finishIdle(): void {
    for (const connection of this.#connections) connection.finish()
  }

  destroyAll(): void {
    for (const connection of this.#connections) connection.destroy()
  }

  #check(): void {
    const now = performance.now()
    for (const connection of this.#connections) connection.check(now)
  }
}
