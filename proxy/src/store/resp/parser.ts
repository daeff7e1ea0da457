import type { Bytes } from '@alexandrite/api'
import { ErrorReply, ProtocolError } from './value.ts'
import type { RespValue } from './value.ts'

const [CR, LF, MINUS, ZERO, NINE] = [13, 10, 45, 48, 57]
const [SIMPLE, ERROR, INTEGER, BULK, ARRAY] = [43, 45, 58, 36, 42]

/** An announced length is not believed beyond these. */
const MAX_BULK: Bytes = 128 * 1024 * 1024
const MAX_ITEMS = 1_000_000
const MAX_LINE: Bytes = 8192
const MAX_DEPTH = 8
const MAX_DIGITS = 19
/** About as long as the line before a bulk string. */
const SHORT_LINE: Bytes = 16

const NOTHING = Buffer.alloc(0)

/** The element is not all there yet. */
const MORE = Symbol('more')
/** An array began; its items follow. */
const OPENED = Symbol('opened')

const isDigit = (byte: number | undefined): byte is number =>
  byte !== undefined && byte >= ZERO && byte <= NINE

interface Frame {
  readonly items: RespValue[]
  readonly length: number
}

/**
 * Reads replies from pieces of any size and hands each over when it is complete. Bulk strings are views of the
 * pieces (copied only where a reply spans several): who keeps one keeps its piece. Throws ProtocolError, and is of no
 * use afterwards. It takes RESP2 alone: nothing here needs RESP3, and every type it does not know is an error.
 */
export class RespParser {
  readonly #onReply: (value: RespValue) => void
  readonly #stack: Frame[] = []
  #bytes: Buffer = NOTHING
  #at = 0
  /** Pieces of an element that is not all there, and how many bytes more it needs at least. */
  #waiting: Buffer[] = []
  #missing: Bytes = 0
  /** Where the line that #number() read ends. */
  #end = 0

  constructor(onReply: (value: RespValue) => void) {
    this.#onReply = onReply
  }

  push(piece: Buffer): void {
    let rest: Buffer | undefined = piece
    while (rest && this.#missing > 0) rest = this.#complement(rest)
    if (rest) this.#parse(rest)
  }

  /** Of what follows an element that is not all there only so much is copied as it needs; returns what is left. */
  #complement(piece: Buffer): Buffer | undefined {
    // Without a known length a line is missing: a few bytes more at once do no harm.
    const wanted = this.#missing === 1 ? SHORT_LINE : this.#missing
    const end = Math.min(wanted, piece.length)
    this.#waiting.push(end === piece.length ? piece : piece.subarray(0, end))
    this.#missing -= end
    if (this.#missing <= 0) {
      const together = Buffer.concat(this.#waiting)
      this.#waiting = []
      this.#parse(together)
    }
    return end < piece.length ? piece.subarray(end) : undefined
  }

  #parse(bytes: Buffer): void {
    this.#bytes = bytes
    this.#at = 0
    this.#missing = 0
    this.#readAll()
    if (this.#at < bytes.length) this.#waiting.push(this.#at === 0 ? bytes : bytes.subarray(this.#at))
    else this.#missing = 0
    this.#bytes = NOTHING
  }

  #readAll(): void {
    while (this.#at < this.#bytes.length) {
      const value = this.#element()
      if (value === MORE) return
      if (value !== OPENED) this.#complete(value)
    }
  }

  #complete(value: RespValue): void {
    let frame = this.#stack.at(-1)
    while (frame) {
      frame.items.push(value)
      if (frame.items.length < frame.length) return
      value = frame.items
      this.#stack.pop()
      frame = this.#stack.at(-1)
    }
    this.#onReply(value)
  }

  #element(): RespValue | typeof MORE | typeof OPENED {
    switch (this.#bytes[this.#at]) {
      case BULK:
        return this.#bulk()
      case INTEGER:
        return this.#integer()
      case ARRAY:
        return this.#array()
      case SIMPLE:
        return this.#line()
      case ERROR: {
        const text = this.#line()
        return text === MORE ? MORE : new ErrorReply(text)
      }
      default:
        throw new ProtocolError('a reply of an unknown type')
    }
  }

  #bulk(): Buffer | null | typeof MORE {
    const length = this.#length(MAX_BULK)
    if (length === MORE) return MORE
    if (length === -1) return this.#took(null)
    const from = this.#end
    const to = from + length
    if (to + 2 > this.#bytes.length) return this.#needs(to + 2 - this.#bytes.length)
    if (this.#bytes[to] !== CR || this.#bytes[to + 1] !== LF)
      throw new ProtocolError('a string longer than announced')
    this.#at = to + 2
    return this.#bytes.subarray(from, to)
  }

  #array(): null | readonly RespValue[] | typeof MORE | typeof OPENED {
    const length = this.#length(MAX_ITEMS)
    if (length === MORE) return MORE
    if (length === -1) return this.#took(null)
    if (length === 0) return this.#took([])
    if (this.#stack.length >= MAX_DEPTH) throw new ProtocolError('arrays too deep')
    this.#stack.push({ items: [], length })
    return this.#took(OPENED)
  }

  #integer(): number | typeof MORE {
    const value = this.#number()
    return value === MORE ? MORE : this.#took(value)
  }

  #line(): string | typeof MORE {
    const end = this.#bytes.indexOf(CR, this.#at)
    if ((end < 0 ? this.#bytes.length : end) - this.#at > MAX_LINE) throw new ProtocolError('a line too long')
    if (end < 0 || end + 1 === this.#bytes.length) return this.#needs(1)
    if (this.#bytes[end + 1] !== LF) throw new ProtocolError('a line without its end')
    const text = this.#bytes.toString('utf8', this.#at + 1, end)
    this.#at = end + 2
    return text
  }

  #length(max: number): number | typeof MORE {
    const length = this.#number()
    if (length !== MORE && (length > max || length < -1)) throw new ProtocolError('a length out of bounds')
    return length
  }

  /** The number in the line that begins at #at, behind its type. */
  #number(): number | typeof MORE {
    const bytes = this.#bytes
    const negative = bytes[this.#at + 1] === MINUS
    const first = this.#at + (negative ? 2 : 1)
    let i = first
    let value = 0
    for (let byte = bytes[i]; isDigit(byte) && i - first < MAX_DIGITS; byte = bytes[i]) {
      value = value * 10 + (byte - ZERO)
      i += 1
    }
    if (i >= bytes.length) return this.#needs(1)
    if (i === first || bytes[i] !== CR) throw new ProtocolError('not a number')
    if (i + 1 === bytes.length) return this.#needs(1)
    if (bytes[i + 1] !== LF) throw new ProtocolError('a line without its end')
    this.#end = i + 2
    return negative ? -value : value
  }

  #took<T>(value: T): T {
    this.#at = this.#end
    return value
  }

  #needs(missing: Bytes): typeof MORE {
    this.#missing = missing
    return MORE
  }
}
