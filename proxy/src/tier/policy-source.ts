import { watch } from 'node:fs'
import type { FSWatcher } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Milliseconds, Policy } from '@alexandrite/api'
import { parsePolicy } from './parse-policy.ts'

/** For file systems whose changes are not told, and for a folder that does not exist yet. */
const POLL_MS: Milliseconds = 2000
/** A ConfigMap's swap is several events. */
const SETTLE_MS: Milliseconds = 20

export interface PolicyState {
  readonly policy: Policy | undefined
  readonly loadedAt: Date | undefined
  /** Why the newest version of the file is not in effect. */
  readonly error: string | undefined
}

export type ReloadResult = 'loaded' | 'rejected'

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')

/**
 * The policy in effect. With a file it is watched; a broken version leaves the last good one in effect, a
 * missing file means plain RFC 9111 until it appears.
 */
export class PolicySource {
  #state: PolicyState
  readonly #file: string | undefined
  readonly #onChange: (result: ReloadResult, state: PolicyState) => void
  #text: string | undefined
  #watcher: FSWatcher | undefined
  #poll: NodeJS.Timeout | undefined
  #settle: NodeJS.Timeout | undefined
  #reading: Promise<void> = Promise.resolve()

  constructor(
    policy: Policy | undefined,
    file: string | undefined,
    onChange: (result: ReloadResult, state: PolicyState) => void
  ) {
    this.#state = { policy, loadedAt: policy ? new Date() : undefined, error: undefined }
    this.#file = file
    this.#onChange = onChange
  }

  get state(): PolicyState {
    return this.#state
  }

  set(policy: Policy): void {
    this.#adopt({ policy, loadedAt: new Date(), error: undefined }, 'loaded')
  }

  /** Reads the file and watches its folder. */
  async start(): Promise<void> {
    if (this.#file === undefined) return
    await this.reload()
    this.#watchFolder()
    this.#poll = setInterval(() => {
      this.#watchFolder()
      void this.reload()
    }, POLL_MS).unref()
  }

  /** Reads the file again; nothing happens when it did not change. */
  reload(): Promise<void> {
    this.#reading = this.#reading.then(() => this.#read())
    return this.#reading
  }

  async #read(): Promise<void> {
    if (this.#file === undefined) return
    try {
      const text = await readFile(this.#file, 'utf8')
      if (text === this.#text) return
      this.#text = text
      this.#adopt({ policy: parsePolicy(text), loadedAt: new Date(), error: undefined }, 'loaded')
    } catch (error) {
      this.#reject(error)
    }
  }

  #reject(error: unknown): void {
    if (isMissing(error)) return
    const message = `${this.#file}: ${error instanceof Error ? error.message : String(error)}`
    if (message !== this.#state.error) this.#adopt({ ...this.#state, error: message }, 'rejected')
  }

  #adopt(state: PolicyState, result: ReloadResult): void {
    this.#state = state
    this.#onChange(result, state)
  }

  /** The folder, not the file: a ConfigMap is swapped by renaming a link beside it. */
  #watchFolder(): void {
    if (this.#watcher || this.#file === undefined) return
    try {
      this.#watcher = watch(dirname(this.#file), { persistent: false }, () => this.#changed())
      this.#watcher.on('error', () => this.#unwatch())
    } catch {
      // No such folder yet, or no watches left: the poll sees to it.
      this.#watcher = undefined
    }
  }

  #changed(): void {
    clearTimeout(this.#settle)
    this.#settle = setTimeout(() => void this.reload(), SETTLE_MS)
  }

  #unwatch(): void {
    this.#watcher?.close()
    this.#watcher = undefined
  }

  async close(): Promise<void> {
    clearInterval(this.#poll)
    clearTimeout(this.#settle)
    this.#unwatch()
    await this.#reading
  }
}
