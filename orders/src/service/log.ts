/** JSON lines with trace ids, without personal data, secrets or payloads. */
import { pino } from 'pino'
import type { Logger } from 'pino'
import type { Tracing } from './tracing.ts'

export type { Logger }

export interface LogOptions {
  readonly level: string
  readonly tracing: Tracing
  /** Where lines go. Default: standard output. */
  readonly to?: { write(line: string): void }
}

export const createLog = (service: string, { level, tracing, to }: LogOptions): Logger =>
  pino(
    { level, base: { service }, mixin: () => ({ ...tracing.fields() }) },
    ...(to === undefined ? [] : [to])
  )

/**
 * What a line may say of an error: name, code and where it happened. A database's message, and what its error holds
 * besides, may repeat values of rows: its code says enough.
 */
export function errorFields(error: unknown): Readonly<Record<string, string>> {
  if (!(error instanceof Error)) return { reason: 'something that is no Error was thrown' }
  const frames = error.stack?.split('\n').filter((line) => /^\s+at /.test(line))
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  return {
    ...(code !== undefined && { code }),
    reason: 'severity' in error ? `${error.name} of the database` : reasonOf(error),
    ...(frames !== undefined && { stack: frames.map((line) => line.trim()).join(', ') })
  }
}

/** A host with several addresses fails with one error for each, and no message of its own. */
export function reasonOf(error: Error): string {
  const text =
    error instanceof AggregateError && error.message === ''
      ? error.errors.map((one) => (one instanceof Error ? one.message : String(one))).join('; ')
      : error.message
  // Libraries quote addresses with their credentials.
  return text.replaceAll(/\/\/[^/@\s]*@/g, '//')
}
