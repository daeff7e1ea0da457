import { Counter, Gauge } from 'prom-client'
import type { Registry } from 'prom-client'
import { INFO_FIELDS, parseInfo } from './redis-info.ts'
import type { InfoField, RedisInfo } from './redis-info.ts'

/** The metrics are Redis's, whoever passes them on. */
const ABOUT = { service: 'redis' } as const

/** One scrape collects all metrics in the same turn: they share one question. */
const SAME_SCRAPE_MS = 250

type Value = readonly [labels: Readonly<Record<string, string>>, value: number]

/**
 * Of the Redis in the proxy's own pod, which listens on a socket that nobody else reaches: what an exporter beside it
 * would say. Without an answer `redis_up` is 0 and the others are absent.
 */
export class RedisMetrics {
  readonly #registry: Registry
  readonly #ask: () => Promise<string>
  #asked: { readonly at: number; readonly info: Promise<RedisInfo | undefined> } | undefined

  /** `ask` is the answer to `INFO all`; it rejects when there is none in time. */
  constructor(registry: Registry, ask: () => Promise<string>) {
    this.#registry = registry
    this.#ask = ask
    this.#read({ name: 'redis_up', type: 'gauge', help: '1 while Redis answers.' }, (info) => [
      [{}, info === undefined ? 0 : 1]
    ])
    for (const one of INFO_FIELDS)
      this.#read(one, (info) => {
        const value = info?.fields.get(one.field)
        return value === undefined ? [] : [[{}, value]]
      })
    this.#read(
      { name: 'redis_commands_total', type: 'counter', help: 'Commands by name.', labelNames: ['cmd'] },
      (info) => [...(info?.calls ?? [])].map(([cmd, calls]): Value => [{ cmd }, calls])
    )
  }

  #read(
    { name, type, help, labelNames = [] }: Omit<InfoField, 'field'> & { readonly labelNames?: string[] },
    valuesOf: (info: RedisInfo | undefined) => readonly Value[]
  ): void {
    const latest = () => this.#latest()
    const collect = async function (this: Gauge | Counter): Promise<void> {
      const values = valuesOf(await latest())
      this.reset()
      for (const [labels, value] of values) this.inc({ ...ABOUT, ...labels }, value)
    }
    const described = { name, help, labelNames: ['service', ...labelNames], registers: [this.#registry] }
    if (type === 'gauge') new Gauge({ ...described, collect })
    else new Counter({ ...described, collect })
  }

  #latest(): Promise<RedisInfo | undefined> {
    const now = performance.now()
    if (this.#asked && now - this.#asked.at < SAME_SCRAPE_MS) return this.#asked.info
    const info = this.#ask().then(parseInfo, () => undefined)
    this.#asked = { at: now, info }
    return info
  }
}
