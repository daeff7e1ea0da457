import type { Socket } from 'node:net'
import type { Milliseconds, PolicyRule } from '@alexandrite/api'

/** How an answer goes out. */
export interface Manner {
  /** Without its body, for HEAD. */
  readonly headOnly: boolean
  /** It says that it is the last on its connection. */
  readonly close: boolean
}

/** A stored answer that may be written as it is, at this moment. */
export interface Hit {
  readonly rule: PolicyRule | undefined
  readonly status: number
  /** False when the client is slow to take it. */
  write(socket: Socket, manner: Manner, now: Milliseconds): boolean
}
