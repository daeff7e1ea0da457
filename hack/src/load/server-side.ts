/** What the servers themselves count, read by Prometheus while the load runs. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { LISTENER_NAMES, localEndpoints } from '@alexandrite/cdk8s/observability/config'
import type { Listener } from '@alexandrite/cdk8s/observability/config'
import { SERVICES, targetsOf, TIERS } from '../company/plan.ts'
import type { CompanyPlan } from '../company/plan.ts'
import { waitUntil } from '../run.ts'
import { freePorts } from '../ports.ts'
import { startProgram } from '../stack/process.ts'
import { stackQueries } from '../stack/queries.ts'
import type { Sample } from '../stack/queries.ts'

export interface ServerSide {
  /** An instant query, after everything counted so far has been read. */
  query(expr: string): Promise<Sample[]>
  /** Waits until all targets have been read once more. */
  settle(): Promise<void>
  stop(): Promise<void>
}

export interface ServerSideOptions {
  readonly plan: CompanyPlan
  readonly folder: string
  readonly signal: AbortSignal
}

/** A scrape is given as long as this: the MES counts its orders for it, and may be busy. */
const INTERVAL_SECONDS = 5

/** Of the company's plan, what a load's stage starts (stage.ts) and users ask. */
const STARTED: ReadonlySet<string> = new Set([...SERVICES, ...TIERS.map((name) => `${name}-admin`)])

/** Starts a Prometheus that reads the APIs and tiers every five seconds, configured as the cluster's is. */
export async function startServerSide({ plan, folder, signal }: ServerSideOptions): Promise<ServerSide> {
  const ruleFolder = join(folder, 'rules')
  mkdirSync(ruleFolder, { recursive: true })
  const ports = await freePorts(LISTENER_NAMES.length)
  const endpoints = localEndpoints(
    Object.fromEntries(LISTENER_NAMES.map((name, i) => [name, ports[i] ?? 0])) as Record<Listener, number>
  )
  const settings = {
    endpoints,
    targets: targetsOf(plan).filter(({ labels }) => STARTED.has(labels?.pod ?? '')),
    ...{ logs: [], alertmanager: {}, ruleFolder, intervalSeconds: INTERVAL_SECONDS }
  }
  const prometheus = await startProgram('prometheus', settings, folder)
  const url = `http://${endpoints.prometheus}`
  const queries = stackQueries({ prometheus: url, alertmanager: '', loki: '', jaeger: '' })
  const settle = () => readOnceMore((expr) => queries.promQuery(expr), settings.targets.length, signal)
  try {
    await prometheus.ready()
    await settle()
  } catch (error) {
    await prometheus.stop()
    throw error
  }
  return { query: (expr) => queries.promQuery(expr), settle, stop: () => prometheus.stop() }
}

/** Waits until every target has been read by a scrape that began after now. */
async function readOnceMore(query: ServerSide['query'], targets: number, signal: AbortSignal): Promise<void> {
  const now = Date.now() / 1000
  await waitUntil(
    async () => {
      const read = await query(`timestamp(up) > ${now} and up == 1`)
      if (read.length === targets) return true
      throw new Error(`so far ${read.map(({ labels }) => labels.pod).join(', ') || 'none'}`)
    },
    {
      what: `Prometheus reads all ${targets} APIs and tiers`,
      timeoutMs: 90_000,
      everyMs: 500,
      giveUp: () => (signal.aborted ? 'interrupted' : undefined)
    }
  )
}
