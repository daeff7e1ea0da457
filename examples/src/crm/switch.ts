/** Learns each second which step counts, while requests go on. */
import { setTimeout as delay } from 'node:timers/promises'
import type { ReadModelClient, Report } from './clients.ts'
import { isStep } from './steps.ts'
import type { Step } from './steps.ts'

export interface SwitchOptions {
  readonly client: Pick<ReadModelClient, 'step'>
  /** Name of this process, unlike that of any other. */
  readonly instance: string
  /** By which it acts until it has been told otherwise. */
  readonly first: Step
  /** Milliseconds between two questions. Default 1000. */
  readonly everyMs?: number
  readonly report: () => Omit<Report, 'step'>
  readonly onStep: (step: Step, before: Step | undefined) => void
  /** Told once when the question fails, not each time. */
  readonly onFailure: (reason: string) => void
}

export class MigrationSwitch {
  readonly #options: SwitchOptions
  readonly #closing = new AbortController()
  #step: Step
  #hasLeftLegacy: boolean
  #failing = false
  #over: Promise<void> | undefined

  constructor(options: SwitchOptions) {
    this.#options = options
    this.#step = options.first
    this.#hasLeftLegacy = options.first !== 'legacy'
    options.onStep(options.first, undefined)
  }

  /** The last step that it was told: when nobody answers, it goes on as before. */
  get step(): Step {
    return this.#step
  }

  /** Whether another step than legacy has ever counted here: other processes may serve from the read model still. */
  get hasLeftLegacy(): boolean {
    return this.#hasLeftLegacy
  }

  /** Asks for the first time and begins to ask again and again. */
  async start(): Promise<void> {
    await this.#ask()
    this.#over = this.#watch()
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#over
  }

  async #watch(): Promise<void> {
    const { everyMs = 1000 } = this.#options
    const { signal } = this.#closing
    while (!signal.aborted) {
      await delay(everyMs, undefined, { signal }).catch(() => undefined)
      if (!signal.aborted) await this.#ask()
    }
  }

  async #ask(): Promise<void> {
    const { client, instance, report, onFailure } = this.#options
    try {
      const told = await client.step(instance, { step: this.#step, ...report() })
      if (!isStep(told)) throw new Error('the read model names a step that this program does not know')
      this.#failing = false
      this.#take(told)
    } catch (error) {
      if (!this.#failing) onFailure(error instanceof Error ? error.message : String(error))
      this.#failing = true
    }
  }

  #take(step: Step): void {
    if (step === this.#step) return
    const before = this.#step
    this.#step = step
    this.#hasLeftLegacy = true
    this.#options.onStep(step, before)
  }
}
