import type { IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Bytes, Milliseconds } from '@alexandrite/api'
import { withoutHopByHop } from '../engine/headers.ts'
import type { RawHeaders } from '../engine/headers.ts'
import { originAddress } from '../origin/address.ts'
import { requestHead } from '../origin/request-writer.ts'
import { parseResponseHead } from '../origin/response-head.ts'
import { join } from './relay.ts'
import type { Relayed } from './relayed.ts'
import { originForm } from './target.ts'
import { towardsOrigin } from './towards-origin.ts'
import { lastAnswer } from './unparsed.ts'

const MAX_HEAD: Bytes = 64 * 1024
/** How long the origin has to answer. */
const ANSWER_MS: Milliseconds = 60_000
const HEAD_END = Buffer.from('\r\n\r\n')
const OF_THE_CONNECTION = /^(?:connection|keep-alive|proxy-connection)\s*:/i

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0

/**
 * h2c is not spoken here, and a body would have to be read before the switch: such a request is answered as if
 * it had not asked (RFC 9110 §7.8).
 */
export const wantsUpgrade = (message: IncomingMessage): boolean =>
  message.headers.upgrade !== undefined && !/^h2c\b/i.test(message.headers.upgrade) && !hasBody(message)

const upgradeHeaders = (message: IncomingMessage, headers: RawHeaders): string[] => [
  ...towardsOrigin(withoutHopByHop(headers), {
    address: message.socket.remoteAddress ?? 'unknown',
    httpVersion: message.httpVersion,
    protocol: 'http'
  }),
  'Connection',
  'Upgrade',
  'Upgrade',
  message.headers.upgrade ?? ''
]

/** The head of a refusal, as it came but for what becomes of the connection. */
const closingHead = (text: string): string =>
  [...text.split('\r\n').filter((line) => !OF_THE_CONNECTION.test(line)), 'Connection: close', '', ''].join(
    '\r\n'
  )

/** An upgrade on its way: from the request to the origin's answer. */
class Upgrade {
  readonly #client: Duplex
  readonly #upstream: Socket
  /** What the client sent behind its request. */
  readonly #early: Buffer
  readonly #relayed: Relayed
  #held: Buffer = Buffer.alloc(0)

  constructor(relayed: Relayed, upstream: Socket, early: Buffer) {
    const { client } = relayed
    this.#relayed = relayed
    this.#client = client
    this.#upstream = upstream
    this.#early = early
    upstream.setTimeout(ANSWER_MS, this.#failed)
    upstream.on('data', this.#read)
    upstream.on('error', this.#failed)
    upstream.on('close', this.#failed)
    client.on('error', () => upstream.destroy())
    client.on('close', () => upstream.destroy())
  }

  readonly #failed = (): void => {
    this.#upstream.destroy()
    this.#relayed.status = 502
    if (this.#client.writable) this.#client.end(lastAnswer('502 Bad Gateway'))
  }

  readonly #read = (chunk: Buffer): void => {
    this.#held = Buffer.concat([this.#held, chunk])
    for (let end = this.#held.indexOf(HEAD_END); end >= 0; end = this.#held.indexOf(HEAD_END)) {
      const text = this.#held.toString('latin1', 0, end)
      const status = statusOf(text)
      if (status === undefined) return this.#failed()
      if (status === 101 || status >= 200) this.#relayed.status = status
      if (status === 101) return this.#switched()
      if (status >= 200) return this.#refused(text, end + 4)
      this.#client.write(this.#held.subarray(0, end + 4))
      this.#held = this.#held.subarray(end + 4)
    }
    if (this.#held.length > MAX_HEAD) this.#failed()
  }

  #answered(): void {
    const upstream = this.#upstream
    upstream.setTimeout(0)
    upstream.removeListener('data', this.#read)
    upstream.removeListener('error', this.#failed)
    upstream.removeListener('close', this.#failed)
  }

  /** From here on bytes are bytes. */
  #switched(): void {
    this.#answered()
    this.#client.write(this.#held)
    if (this.#early.length > 0) this.#upstream.write(this.#early)
    join(this.#client, this.#upstream)
  }

  /** The answer goes on as it is framed; nothing more is taken from the client. */
  #refused(text: string, bodyAt: number): void {
    this.#answered()
    this.#client.write(closingHead(text), 'latin1')
    if (bodyAt < this.#held.length) this.#client.write(this.#held.subarray(bodyAt))
    this.#upstream.on('error', () => this.#client.destroy())
    this.#upstream.on('close', () => this.#client.end())
    this.#upstream.pipe(this.#client)
    this.#client.resume()
  }
}

const statusOf = (text: string): number | undefined => {
  try {
    return parseResponseHead(text, 'GET').head.status
  } catch {
    return undefined
  }
}

export interface UpgradeOptions {
  readonly originUrl: string
  readonly onRelay: (relayed: Relayed) => void
}

/** Relays an upgrade (WebSocket) to the origin, over a connection of its own. A refusal is passed on and ends it. */
export const relayUpgrade = (
  { originUrl, onRelay }: UpgradeOptions,
  message: IncomingMessage,
  socket: Duplex,
  early: Buffer
): void => {
  const { target, headers } = originForm(message.url ?? '/', message.rawHeaders)
  const upstream = connect({ ...originAddress(originUrl), noDelay: true })
  const request = { method: message.method ?? 'GET', target, headers: upgradeHeaders(message, headers) }
  upstream.write(requestHead(request, 'None', new URL(originUrl).host), 'latin1')
  const relayed: Relayed = { kind: 'upgrade', client: socket, request: { ...request, headers } }
  onRelay(relayed)
  new Upgrade(relayed, upstream, early)
}
