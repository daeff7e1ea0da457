import type { Warnings } from '../tier/warnings.ts'
import { tracing } from './sampler.ts'
import type { TracingOptions } from './sampler.ts'
import { SpanQueue } from './span-queue.ts'
import type { SpanQueueOptions } from './span-queue.ts'
import { NO_TRACING } from './tracing.ts'
import type { Tracing } from './tracing.ts'

export interface OpenTracingOptions
  extends Omit<TracingOptions, 'onEnd'>, Pick<SpanQueueOptions, 'onResult'> {
  /** Base URL of an OTLP/HTTP receiver. Undefined: nothing is traced. */
  readonly endpoint: string | undefined
  readonly pod: string
  readonly log: Warnings
}

export interface OpenTracing {
  readonly tracing: Tracing
  /** Sends what is left, for a second at most. */
  close(): Promise<void>
}

/** Traces of one tier, on their way to their receiver. */
export const openTracing = (options: OpenTracingOptions): OpenTracing => {
  const { endpoint, tier, pod, log, onResult } = options
  if (endpoint === undefined) return { tracing: NO_TRACING, close: () => Promise.resolve() }
  const queue = new SpanQueue({
    sender: async () => (await import('./otlp.ts')).otlpSender({ endpoint, tier, pod }),
    onResult,
    onFailure: (error) => log.warn({ err: error }, 'the receiver of traces did not take them')
  })
  return {
    tracing: tracing({ ...options, onEnd: (span) => queue.add(span) }),
    close: () => queue.close()
  }
}
