import { keyOf, type KubeObject } from './types.ts'

export type Indexers<T> = Readonly<Record<string, (object: T) => readonly string[]>>

/** Objects by key and by index. Not thread-safe, and need not be. */
export class ObjectCache<T extends KubeObject> {
  readonly #objects = new Map<string, T>()
  readonly #indexers: Indexers<T>
  readonly #indexes = new Map<string, Map<string, Set<string>>>()

  constructor(indexers: Indexers<T> = {}) {
    this.#indexers = indexers
    for (const name of Object.keys(indexers)) this.#indexes.set(name, new Map())
  }

  get size(): number {
    return this.#objects.size
  }

  get(key: string): T | undefined {
    return this.#objects.get(key)
  }

  list(): T[] {
    return [...this.#objects.values()]
  }

  keys(): string[] {
    return [...this.#objects.keys()]
  }

  /** @throws when no such indexer was given: a typing error that must not look like an empty answer. */
  byIndex(name: string, value: string): T[] {
    const index = this.#indexes.get(name)
    if (index === undefined)
      throw new Error(`no index "${name}"; there are: ${[...this.#indexes.keys()].join(', ')}`)
    return [...(index.get(value) ?? [])].flatMap((key) => this.#objects.get(key) ?? [])
  }

  /** Returns what was there before. */
  set(object: T): T | undefined {
    const key = keyOf(object)
    const before = this.#objects.get(key)
    if (before !== undefined) this.#unindex(key, before)
    this.#objects.set(key, object)
    for (const [name, values] of this.#valuesOf(object))
      for (const value of values) this.#bucket(name, value).add(key)
    return before
  }

  /** Returns what was there. */
  delete(key: string): T | undefined {
    const before = this.#objects.get(key)
    if (before === undefined) return undefined
    this.#unindex(key, before)
    this.#objects.delete(key)
    return before
  }

  #valuesOf(object: T): [string, readonly string[]][] {
    return Object.entries(this.#indexers).map(([name, indexer]) => [name, indexer(object)])
  }

  #bucket(name: string, value: string): Set<string> {
    const index = this.#indexes.get(name)
    if (index === undefined) throw new Error(`no index "${name}"`)
    const bucket = index.get(value) ?? new Set()
    index.set(value, bucket)
    return bucket
  }

  #unindex(key: string, object: T): void {
    for (const [name, values] of this.#valuesOf(object)) {
      for (const value of values) {
        const bucket = this.#bucket(name, value)
        bucket.delete(key)
        if (bucket.size === 0) this.#indexes.get(name)?.delete(value)
      }
    }
  }
}
