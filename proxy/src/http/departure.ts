type Listener = (() => void) | { handleEvent(): void }

/** Whether somebody left who was waited for: what the tier uses of AbortSignal, for a fraction of its cost. */
export interface Departure {
  readonly aborted: boolean
  readonly reason: unknown
  addEventListener(type: 'abort', listener: Listener, options?: { once: boolean }): void
  removeEventListener(type: 'abort', listener: Listener): void
}

/** The departure of one client. */
export class ClientDeparture implements Departure {
  aborted = false
  reason: Error | undefined
  #listeners: Listener[] | undefined

  addEventListener(_type: 'abort', listener: Listener): void {
    if (this.#listeners) this.#listeners.push(listener)
    else this.#listeners = [listener]
  }

  removeEventListener(_type: 'abort', listener: Listener): void {
    this.#listeners = this.#listeners?.filter((one) => one !== listener)
  }

  /** Tells the listeners, each once. */
  abort(reason: Error): void {
    if (this.aborted) return
    this.aborted = true
    this.reason = reason
    const listeners = this.#listeners ?? []
    this.#listeners = undefined
    for (const listener of listeners) {
      if (typeof listener === 'function') listener()
      else listener.handleEvent()
    }
  }
}
