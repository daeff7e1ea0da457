import { Gauge } from 'prom-client'
import type { Registry } from 'prom-client'
import { RELAY_KINDS } from '../http/relayed.ts'
import type { RelayKind } from '../http/relayed.ts'
import { readCounter } from './prometheus.ts'

type Counts = Record<RelayKind, number>

const none = (): Counts => ({ upgrade: 0, h2: 0, tls: 0, method: 0 })

/** Connections that go through unread: no request on them is counted elsewhere. */
export class RelayMetrics {
  readonly #begun = none()
  readonly #open = none()

  constructor(registry: Registry, prefix: string) {
    const open = this.#open
    readCounter(
      {
        registry,
        name: `${prefix}relays_total`,
        help: 'Connections relayed to the origin unread: upgrades (WebSocket), h2, TLS, unknown methods.',
        labelNames: ['kind']
      },
      () => RELAY_KINDS.map((kind) => [{ kind }, this.#begun[kind]])
    )
    new Gauge({
      name: `${prefix}relays_open`,
      help: 'Connections relayed to the origin right now.',
      labelNames: ['kind'],
      registers: [registry],
      collect(): void {
        for (const kind of RELAY_KINDS) this.set({ kind }, open[kind])
      }
    })
  }

  begin(kind: RelayKind): void {
    this.#begun[kind] += 1
    this.#open[kind] += 1
  }

  end(kind: RelayKind): void {
    this.#open[kind] -= 1
  }
}
