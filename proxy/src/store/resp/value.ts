/** A reply of Redis, RESP2: bulk strings as bytes, simple strings as text, an error as a value. */
export type RespValue = Buffer | string | number | null | ErrorReply | readonly RespValue[]

/** Redis understood the command and refused it ("ERR …", "OOM …"). */
export class ErrorReply {
  readonly message: string

  constructor(message: string) {
    this.message = message
  }
}

/** The bytes are not RESP2, or larger than anything that was asked for: the connection cannot be used any more. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'
}
