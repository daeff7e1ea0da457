type Listener = (() => void) | { handleEvent(): void }

/** Whether somebody left who was waited for: what the tier uses of AbortSignal, for a fraction of its cost. */
export interface Departure {
  readonly aborted: boolean
  readonly reason: unknown
  addEventListener(type: 'abort', listener: Listener, options?: { once: boolean }): void
  removeEventListener(type: 'abort', listener: Listener): void
}

const tell = (listener: Listener): void => {
  if (typeof listener === 'function') listener()
  else listener.handleEvent()
}

/** Says when: of one client, or of the last of those who wait for a fill. */
export class DepartureSource implements Departure {
  aborted = false
  reason: Error | undefined
  /** Mostly the only one. */
  #first: Listener | undefined
  #others: Listener[] | undefined

  addEventListener(_type: 'abort', listener: Listener): void {
    if (!this.#first) this.#first = listener
    else if (this.#others) this.#others.push(listener)
    else this.#others = [listener]
  }

  removeEventListener(_type: 'abort', listener: Listener): void {
    if (this.#first === listener) this.#first = undefined
    else this.#others = this.#others?.filter((one) => one !== listener)
  }

  /** Tells the listeners, each once. */
  abort(reason: Error): void {
    if (this.aborted) return
    this.aborted = true
    this.reason = reason
    const [first, others] = [this.#first, this.#others]
    this.#first = this.#others = undefined
    if (first) tell(first)
    for (const listener of others ?? []) tell(listener)
  }
}
