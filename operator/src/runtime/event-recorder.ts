import { randomBytes } from 'node:crypto'
import { sleep, systemClock, type Clock } from './clock.ts'
import type { KubeClient } from './kube-client.ts'
import { microTime } from './lease.ts'
import type { RuntimeMetrics } from './metrics.ts'
import { TokenBucket } from './rate-limiter.ts'
import type { Runnable } from './runnable.ts'
import { resource, type KubeObject, type Log, type Milliseconds, type ObjectReference } from './types.ts'

/** Same event within this time: one Event with a growing count. */
const SERIES: Milliseconds = 360_000
/** Counts are written at most this often. */
const FLUSH: Milliseconds = 2_000
const WRITE_TIMEOUT: Milliseconds = 5_000
/** Different events that are remembered and objects that are rationed; the oldest give way. */
const MOST_SERIES = 2_000
/** For one object: 25 at once, then one in 5 minutes, as client-go has it. */
const BURST = 25
const PER_SECOND = 1 / 300
/** The API's bound of a note. */
const LONGEST_NOTE = 1_024

/** What a person should read about an object. */
export interface EventNote {
  readonly regarding: ObjectReference
  readonly related?: ObjectReference
  readonly type: 'Normal' | 'Warning'
  /** UpperCamelCase, from a fixed catalogue. */
  readonly reason: string
  /** What was done or tried, UpperCamelCase. Default "Reconcile". */
  readonly action?: string
  /** A sentence; cut at 1,024 characters. */
  readonly note: string
}

export interface EventRecorderOptions {
  readonly client: KubeClient
  /** reportingController, such as alexandrite.dev/operator. */
  readonly controller: string
  /** reportingInstance: the pod's name. */
  readonly instance: string
  readonly metrics: RuntimeMetrics
  readonly log: Log
  readonly clock?: Clock
}

interface Event extends KubeObject {
  readonly series?: { readonly count: number; readonly lastObservedTime: string }
}

const EVENTS = resource<Event>({
  apiVersion: 'events.k8s.io/v1',
  kind: 'Event',
  plural: 'events',
  namespaced: true
})

interface Series {
  readonly event: EventNote
  readonly name: string
  readonly firstAt: Milliseconds
  lastAt: Milliseconds
  lastSeen: Milliseconds
  count: number
  written: number
}

/**
 * Writes events.k8s.io/v1 Events in the background: equal ones are counted, objects are rationed, and what
 * cannot be written is counted and forgotten. Telling people must never hold up the work.
 */
export class EventRecorder implements Runnable {
  readonly name = 'event recorder'
  readonly #options: EventRecorderOptions
  readonly #clock: Clock
  readonly #series = new Map<string, Series>()
  readonly #rations = new Map<string, TokenBucket>()
  #flushing: Promise<void> | undefined

  constructor(options: EventRecorderOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    for (const result of ['written', 'failed', 'dropped']) options.metrics.events.inc({ result }, 0)
  }

  /** Never throws, never waits. */
  record(event: EventNote): void {
    const key = JSON.stringify(event)
    const now = this.#clock.monotonic()
    const known = this.#series.get(key)
    if (known && now - known.lastSeen < SERIES) {
      known.count += 1
      known.lastSeen = now
      known.lastAt = this.#clock.now()
      return
    }
    if (!this.#ration(event).take()) return this.#options.metrics.events.inc({ result: 'dropped' })
    const at = this.#clock.now()
    const name = `${event.regarding.name.slice(0, 200)}.${randomBytes(8).toString('hex')}`
    remember(this.#series, key, { event, name, firstAt: at, lastAt: at, lastSeen: now, count: 1, written: 0 })
  }

  /** Writes every two seconds, and once more at the end. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sleep(this.#clock, FLUSH, signal)
      await this.flush()
    }
  }

  /** Writes what is not written yet. Never rejects. */
  async flush(): Promise<void> {
    await this.#flushing
    this.#flushing = this.#flush()
    await this.#flushing
  }

  async #flush(): Promise<void> {
    for (const [key, series] of [...this.#series]) {
      if (series.count > series.written) await this.#write(key, series)
      else if (this.#clock.monotonic() - series.lastSeen >= SERIES) this.#series.delete(key)
    }
  }

  async #write(key: string, series: Series): Promise<void> {
    const { client, metrics, log } = this.#options
    const { count } = series
    const namespace = series.event.regarding.namespace ?? 'default'
    const options = { timeout: WRITE_TIMEOUT }
    try {
      if (series.written === 0) await client.create(EVENTS, this.#object(series, namespace), options)
      else await client.patch(EVENTS, { name: series.name, namespace }, { series: seriesOf(series) }, options)
      series.written = count
      metrics.events.inc({ result: 'written' })
    } catch (error) {
      this.#series.delete(key)
      metrics.events.inc({ result: 'failed' })
      log.warn({ err: error, reason: series.event.reason }, 'an Event could not be written')
    }
  }

  #object(series: Series, namespace: string) {
    const { event, name, firstAt } = series
    return {
      metadata: { name, namespace },
      eventTime: microTime(firstAt),
      ...(series.count > 1 && { series: seriesOf(series) }),
      reportingController: this.#options.controller,
      reportingInstance: this.#options.instance,
      action: event.action ?? 'Reconcile',
      reason: event.reason,
      type: event.type,
      note: event.note.slice(0, LONGEST_NOTE),
      regarding: event.regarding,
      ...(event.related && { related: event.related })
    }
  }

  #ration({ regarding }: EventNote): TokenBucket {
    const key = `${regarding.kind}/${regarding.namespace ?? ''}/${regarding.name}`
    const known = this.#rations.get(key)
    if (known) return known
    const ration = new TokenBucket(PER_SECOND, BURST, this.#clock)
    remember(this.#rations, key, ration)
    return ration
  }
}

const seriesOf = ({ count, lastAt }: Series) => ({ count, lastObservedTime: microTime(lastAt) })

/** Sets, and lets the oldest go when there are too many. */
const remember = <V>(map: Map<string, V>, key: string, value: V): void => {
  map.delete(key)
  map.set(key, value)
  const [oldest] = map.keys()
  if (map.size > MOST_SERIES && oldest !== undefined) map.delete(oldest)
}
