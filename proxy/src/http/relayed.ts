import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Bytes } from '@alexandrite/api'
import type { RequestHead } from '../engine/message.ts'

/**
 * What goes through unread: an upgrade (WebSocket), HTTP/2 with prior knowledge, TLS, or a request whose method Node's
 * parser does not know.
 */
export const RELAY_KINDS = ['upgrade', 'h2', 'tls', 'method'] as const
export type RelayKind = (typeof RELAY_KINDS)[number]

/** A client's connection that is relayed to the origin from now on until it closes. */
export interface Relayed {
  readonly kind: RelayKind
  readonly client: Duplex
  /** Of an upgrade. */
  readonly request?: RequestHead
  /** Of the answer to an upgrade, once it is there. */
  status?: number
}

/** Bytes that a client's connection carried so far. */
export const carried = (client: Duplex): { readonly received: Bytes; readonly sent: Bytes } =>
  client instanceof Socket
    ? { received: client.bytesRead, sent: client.bytesWritten }
    : { received: 0, sent: 0 }
