import type { Bytes } from '@alexandrite/api'
import { NO_TRAILERS } from '../http/body.ts'
import type { RawHeaders } from '../engine/headers.ts'
import { MessageError, parseTrailers } from './fields.ts'

/** A chunk's size line with its extensions. */
const MAX_SIZE_LINE: Bytes = 1024
const MAX_TRAILERS: Bytes = 16 * 1024
/** Extensions of one body altogether: they are read and dropped, and cost a sender almost nothing. */
const MAX_EXTENSIONS: Bytes = 16 * 1024
const SIZE_LINE =
  /^([0-9A-Fa-f]{1,12})((?:;[!#$%&'*+\-.^_`|~\w]+(?:=(?:[!#$%&'*+\-.^_`|~\w]+|"(?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t\x20-\x7e\x80-\xff])*"))?)*)$/
const CR = 0x0d
const LF = 0x0a

type State = 'Size' | 'Data' | 'DataCr' | 'DataLf' | 'Trailers' | 'Done'

/**
 * Takes the chunked coding off a body (RFC 9112 §7.1) as its bytes arrive, in any split. Strict: a size line
 * is hex digits and well-formed extensions, each line ends with CR LF. Extensions are dropped.
 */
export class ChunkedDecoder {
  /** Index of the first byte that `decode` did not use: what follows the body, once it is done. */
  position = 0
  /** Trailer fields without those that have no place there; known once done. */
  trailers: RawHeaders = NO_TRAILERS
  #state: State = 'Size'
  /** Data bytes still to come of this chunk. */
  #left: Bytes = 0
  /** The begun line, or all trailer lines. */
  #line = ''
  #extensions: Bytes = 0

  get done(): boolean {
    return this.#state === 'Done'
  }

  /**
   * Reads `source` from `from` to `to` and writes the data to the start of `target`, at least as long as what
   * is read; it may be the same memory from `from` on. Returns how many bytes of data there were. Throws a
   * MessageError for wrong framing.
   */
  decode(source: Buffer, from: number, to: number, target: Buffer): number {
    let at = from
    let written = 0
    while (at < to && this.#state !== 'Done') {
      if (this.#state === 'Data') {
        const end = Math.min(to, at + this.#left)
        source.copy(target, written, at, end)
        written += end - at
        this.#left -= end - at
        if (this.#left === 0) this.#state = 'DataCr'
        at = end
      } else at = this.#framing(source, at, to)
    }
    this.position = at
    return written
  }

  #framing(source: Buffer, at: number, to: number): number {
    if (this.#state === 'Size') return this.#sizeLine(source, at, to)
    if (this.#state === 'Trailers') return this.#trailerLines(source, at, to)
    const cr = this.#state === 'DataCr'
    if (source[at] !== (cr ? CR : LF)) throw new MessageError('a chunk longer than its size')
    this.#state = cr ? 'DataLf' : 'Size'
    return at + 1
  }

  #sizeLine(source: Buffer, at: number, to: number): number {
    const lf = source.indexOf(LF, at)
    const end = lf < 0 || lf >= to ? to : lf + 1
    this.#line += source.toString('latin1', at, end)
    if (this.#line.length > MAX_SIZE_LINE) throw new MessageError('a chunk size line beyond the limit')
    if (this.#line.endsWith('\n')) this.#begin()
    return end
  }

  #begin(): void {
    const found = this.#line.endsWith('\r\n') ? SIZE_LINE.exec(this.#line.slice(0, -2)) : null
    if (!found) throw new MessageError('a chunk size line that is none')
    const [, size = '', extensions = ''] = found
    this.#extensions += extensions.length
    if (this.#extensions > MAX_EXTENSIONS) throw new MessageError('chunk extensions beyond the limit')
    this.#line = ''
    this.#left = Number.parseInt(size, 16)
    this.#state = this.#left === 0 ? 'Trailers' : 'Data'
  }

  #trailerLines(source: Buffer, at: number, to: number): number {
    const lf = source.indexOf(LF, at)
    const end = lf < 0 || lf >= to ? to : lf + 1
    this.#line += source.toString('latin1', at, end)
    if (this.#line.length > MAX_TRAILERS) throw new MessageError('trailers beyond the limit')
    if (this.#line.endsWith('\n') && !this.#line.endsWith('\r\n')) throw new MessageError('a bare LF')
    if (this.#line !== '\r\n' && !this.#line.endsWith('\r\n\r\n')) return end
    if (this.#line !== '\r\n') this.trailers = parseTrailers(this.#line.slice(0, -4))
    this.#line = ''
    this.#state = 'Done'
    return end
  }
}
