/** A terminal that is drawn over and over, and left as it was found. */
import type { ReadStream, WriteStream } from 'node:tty'

const ALTERNATE = '\u001b[?1049h\u001b[?25l'
const BACK = '\u001b[?25h\u001b[?1049l'
const HOME = '\u001b[H'
const END_OF_LINE = '\u001b[K'
const REST = '\u001b[J'
const CTRL_C = '\u0003'

export class Screen {
  readonly #out: WriteStream
  readonly #in: ReadStream
  readonly #restore = (): void => this.close()
  #open = true

  /** `leave` is called when the person presses q or Ctrl-C. */
  constructor(out: WriteStream, input: ReadStream, leave: () => void) {
    this.#out = out
    this.#in = input
    out.write(ALTERNATE)
    process.once('exit', this.#restore)
    if (!input.isTTY) return
    input.setRawMode(true)
    input.setEncoding('utf8')
    input.on('data', (keys: string) => {
      if (keys.includes('q') || keys.includes('Q') || keys.includes(CTRL_C)) leave()
    })
    input.unref()
  }

  get size(): { columns: number; rows: number } {
    // A terminal that does not know its size says 0.
    return { columns: this.#out.columns || 80, rows: this.#out.rows || 24 }
  }

  /** In one write, over what is there: nothing flickers. */
  draw(lines: readonly string[]): void {
    if (this.#open) this.#out.write(HOME + lines.join(`${END_OF_LINE}\r\n`) + END_OF_LINE + REST)
  }

  close(): void {
    if (!this.#open) return
    this.#open = false
    process.removeListener('exit', this.#restore)
    if (this.#in.isTTY) this.#in.setRawMode(false)
    this.#in.pause()
    this.#out.write(BACK)
  }
}
