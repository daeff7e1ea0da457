/** Work by key: of one key one after the other, of different keys side by side, so many at once. */
export class Lanes {
  readonly #concurrency: number
  readonly #tails = new Map<string | number, Promise<void>>()
  readonly #waiting: (() => void)[] = []
  #running = 0

  /** @param concurrency the most that run at once */
  constructor(concurrency: number) {
    this.#concurrency = concurrency
  }

  /** Runs `work`, which never rejects, when everything before it in its lane has ended. */
  run(key: string | number, work: () => Promise<void>): Promise<void> {
    const before = this.#tails.get(key) ?? Promise.resolve()
    const mine = before.then(() => this.#inSlot(work))
    this.#tails.set(key, mine)
    return mine.finally(() => {
      if (this.#tails.get(key) === mine) this.#tails.delete(key)
    })
  }

  /** Resolves when nothing runs or waits any more. */
  async idle(): Promise<void> {
    while (this.#tails.size > 0) await Promise.allSettled(this.#tails.values())
  }

  async #inSlot(work: () => Promise<void>): Promise<void> {
    if (this.#running >= this.#concurrency) await new Promise<void>((go) => this.#waiting.push(go))
    else this.#running += 1
    try {
      await work()
    } finally {
      // The slot goes to the next in line.
      const next = this.#waiting.shift()
      if (next === undefined) this.#running -= 1
      else next()
    }
  }
}
