import type { Bytes } from '@alexandrite/api'
import type { RawHeaders } from '../engine/headers.ts'

/** Who takes a body as it arrives. The calls come in order; the last one is `end` or `failed`. */
export interface BodySink {
  /** One piece. False asks the source to wait until `resume`. */
  write(chunk: Buffer): boolean
  /**
   * One piece in memory that is lent for this call only; as `write` otherwise. A source of such pieces copies
   * them for sinks without it.
   */
  lend?(chunk: Buffer): boolean
  /** The body is complete; `trailers` are its trailer fields (RFC 9110 §6.5), mostly none. */
  end(trailers: RawHeaders): void
  /** The body broke off: what was written is not all of it. */
  failed(error: Error): void
}

/**
 * A body on its way: of a request or of an answer. Nothing flows before `flow`, which is called once; what has
 * arrived by then may be written within that call. One that is not wanted must be destroyed.
 */
export interface Body {
  /** Known from Content-Length; undefined when only its end will tell. */
  readonly length: Bytes | undefined
  flow(sink: BodySink): void
  /** Goes on after a `write` that returned false. */
  resume(): void
  /** Lets go of it. The sink hears nothing more, unless of `failed` with this error. */
  destroy(error?: Error): void
}

export const NO_TRAILERS: RawHeaders = []
