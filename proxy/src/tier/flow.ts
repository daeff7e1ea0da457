import type { Milliseconds, PolicyRule } from '@alexandrite/api'
import type { Outcome } from '../engine/cache-status.ts'
import type { Cacheable } from '../engine/classify.ts'
import type { EpochSource } from '../epochs/source.ts'
import type { Exchange } from '../http/exchange.ts'
import type { FillContext, Purpose } from './fill.ts'
import type { Fills } from './fills.ts'
import type { ForwardContext } from './forward.ts'
import type { IdentifyContext } from './identify.ts'
import type { Cache, Lookup } from './lookup.ts'

/** How a request ended, for metrics. */
export interface Handled {
  readonly outcome: Outcome
  readonly rule: PolicyRule | undefined
}

export interface HandlerContext extends FillContext, ForwardContext, IdentifyContext {
  readonly cache: Cache
  readonly fills: Fills
  readonly epochs: EpochSource
  readonly patienceMs: Milliseconds
}

/** What a cacheable request carries through the steps. */
export interface Flow {
  readonly context: HandlerContext
  readonly exchange: Exchange
  readonly cacheable: Cacheable
  readonly lookup: Lookup
  readonly purpose: Purpose
  /** Until when the stored answer may stand in for an error; 0 for never. */
  readonly errorUntil: Milliseconds
  /** Until when it may stand in for an origin that cannot be reached. */
  readonly disconnectedUntil: Milliseconds
  readonly why: 'Request' | undefined
}
