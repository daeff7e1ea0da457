/** Metrics of the controller and the injector; series of a tier go with the tier. */
import { Counter, Gauge, type Registry } from 'prom-client'
import type { PodCounts } from './status.ts'

const POD_STATES = ['desired', 'injected', 'ready', 'current'] as const

/** What became of a pod that the API server asked about; `foreign`: not a pod of the tier's workload. */
export const INJECTION_RESULTS = ['injected', 'refused', 'unchanged', 'foreign', 'unknown_tier'] as const
export type InjectionResult = (typeof INJECTION_RESULTS)[number]

export class ControllerMetrics {
  readonly #pods: Gauge<'namespace' | 'name' | 'state'>
  readonly #ready: Gauge<'namespace' | 'name'>
  readonly #evictions: Counter<'result'>
  readonly #injections: Counter<'result'>

  constructor(registry: Registry) {
    const registers = [registry]
    this.#pods = new Gauge({
      name: 'alexandrite_tier_pods',
      help: 'Pods of the workload of a tier: desired, injected, ready (of the injected), current (of the ready)',
      labelNames: ['namespace', 'name', 'state'],
      registers
    })
    this.#ready = new Gauge({
      name: 'alexandrite_tier_ready',
      help: '1 when the condition Ready of the tier holds, 0 otherwise',
      labelNames: ['namespace', 'name'],
      registers
    })
    this.#evictions = new Counter({
      name: 'alexandrite_evictions_total',
      help: 'Evictions asked for to roll a workload, by answer; refused: by a PodDisruptionBudget',
      labelNames: ['result'],
      registers
    })
    this.#injections = new Counter({
      name: 'alexandrite_injections_total',
      help: 'Pods that the webhook was asked about, by what became of them',
      labelNames: ['result'],
      registers
    })
    for (const result of ['evicted', 'gone', 'refused']) this.#evictions.inc({ result }, 0)
    for (const result of INJECTION_RESULTS) this.#injections.inc({ result }, 0)
  }

  tier(
    namespace: string,
    name: string,
    state: { readonly pods: PodCounts; readonly isReady: boolean }
  ): void {
    for (const key of POD_STATES) this.#pods.set({ namespace, name, state: key }, state.pods[key])
    this.#ready.set({ namespace, name }, Number(state.isReady))
  }

  forget(namespace: string, name: string): void {
    for (const state of POD_STATES) this.#pods.remove({ namespace, name, state })
    this.#ready.remove({ namespace, name })
  }

  eviction(result: 'evicted' | 'gone' | 'refused'): void {
    this.#evictions.inc({ result })
  }

  injection(result: InjectionResult): void {
    this.#injections.inc({ result })
  }
}
