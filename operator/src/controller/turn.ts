/** One workload at a time is rolled across the whole operator. */
export class Turn {
  #holder: string | undefined

  /** Whether `key` has the turn or could have it. */
  isOpenTo(key: string): boolean {
    return this.#holder === undefined || this.#holder === key
  }

  /** False when another has it. */
  take(key: string): boolean {
    if (!this.isOpenTo(key)) return false
    this.#holder = key
    return true
  }

  release(key: string): void {
    if (this.#holder === key) this.#holder = undefined
  }
}
