/** What every service of this room is built on: one process with a pool, logs, traces, metrics and an HTTP port. */
import type { FastifyInstance } from 'fastify'
import type { Pool } from 'pg'
import type { ServiceConfig } from './config.ts'
import { createPool } from './database.ts'
import { createApp } from './http.ts'
import { createLog } from './log.ts'
import type { Logger } from './log.ts'
import { createMetrics } from './metrics.ts'
import type { ServiceRegistry } from './metrics.ts'
import { Tracing } from './tracing.ts'

export interface Service {
  /** As in the catalogue: `service` of metrics and logs, `service.name` of spans. */
  readonly name: string
  readonly config: ServiceConfig
  /** Add routes before `listen`. */
  readonly app: FastifyInstance
  readonly pool: Pool
  readonly log: Logger
  readonly tracing: Tracing
  readonly registry: ServiceRegistry
  /** What /readyz asks besides the database; it throws a sentence that says what is missing. */
  whenReady(check: () => void | Promise<void>): void
  /** Work to stop at the end, the last one first, before the pool is closed. */
  onClose(stop: () => Promise<void>): void
  /** Starts the HTTP port; its address. */
  listen(): Promise<string>
  /** Finishes what is under way: requests, then `onClose` work, the pool, the exporter. */
  close(): Promise<void>
}

export interface ServiceOptions {
  /** Where log lines go. Default: standard output. */
  readonly logTo?: { write(line: string): void }
}

export function createService(name: string, config: ServiceConfig, options: ServiceOptions = {}): Service {
  const tracing = new Tracing(name, config.otlpEndpoint)
  const to = options.logTo
  const log = createLog(name, { level: config.logLevel, tracing, ...(to !== undefined && { to }) })
  const pool = createPool({ url: config.databaseUrl, connections: config.databaseConnections, name, log })
  const metrics = createMetrics(name, pool)
  const checks: (() => void | Promise<void>)[] = [async () => void (await pool.query('SELECT 1'))]
  const stops: (() => Promise<void>)[] = []
  const ready = async (): Promise<void> => {
    for (const check of checks) await check()
  }
  const app = createApp({ log, tracing, metrics, ready })
  let closed: Promise<void> | undefined
  const close = async (): Promise<void> => {
    await app.close()
    for (const stop of stops.reverse()) await stop()
    await pool.end()
    await tracing.close()
    metrics.registry.clear()
  }
  return {
    name,
    config,
    app,
    pool,
    log,
    tracing,
    registry: metrics.registry,
    whenReady: (check) => void checks.push(check),
    onClose: (stop) => void stops.push(stop),
    listen: () => app.listen({ host: config.host, port: config.port }),
    close: () => (closed ??= close())
  }
}
