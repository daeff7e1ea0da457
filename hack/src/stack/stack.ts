/**
 * The observability bundle as processes of this machine: Prometheus, Alertmanager, Loki, Jaeger and both collectors,
 * configured by the same functions as in the cluster.
 */
import {
  LISTENER_NAMES,
  localEndpoints,
  OBSERVABILITY_NAMESPACE
} from '@alexandrite/cdk8s/observability/config'
import type { Endpoints, Listener, StaticTarget } from '@alexandrite/cdk8s/observability/config'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { guard } from '../guard.ts'
import { resolveTools } from '../tools.ts'
import { freePorts } from '../ports.ts'
import { logFileOf, startProgram } from './process.ts'
import type { ProgramProcess } from './process.ts'
import { LOCAL_PROGRAMS, metricsAddress, PROGRAMS } from './programs.ts'
import type { ServiceLog, Settings } from './programs.ts'
import { stackQueries } from './queries.ts'
import type { StackQueries, StackUrls } from './queries.ts'

export type { StaticTarget } from '@alexandrite/cdk8s/observability/config'
export { LOCAL_PROGRAMS, type LocalProgram, type ServiceLog } from './programs.ts'
export type { ProgramProcess } from './process.ts'
export * from './queries.ts'

/** What watches: the rules of Prometheus and the routing of Alertmanager. */
export interface Alerting {
  /** Rule files, from the file's name (*.yaml) to its text. */
  readonly rules: ReadonlyMap<string, string>
  /** Alertmanager's configuration. */
  readonly alertmanager: object
}

export interface StackOptions {
  /**
   * Where everything lies; made if it is missing, removed at the end.
   * @default - a new folder for temporary files
   */
  readonly folder?: string
  /**
   * Ports that people or programs already know.
   * @default - free ones
   */
  readonly ports?: Readonly<Partial<Record<Listener, number>>>
  /**
   * What Prometheus reads, besides the bundle itself.
   * @default - nothing
   */
  readonly targets?: readonly StaticTarget[]
  /**
   * Files that services write their logs to; they may come later, and a service may have several.
   * @default - none but the bundle's own
   */
  readonly logs?: readonly ServiceLog[]
  /**
   * Rules and routing.
   * @default - no rules, and nobody is told
   */
  readonly alerting?: Alerting
  /**
   * How often Prometheus reads its targets and computes its rules, seconds. The cluster's 30 are long for who waits.
   * @default 5
   */
  readonly intervalSeconds?: number
  /** Ends the start between two steps. */
  readonly signal?: AbortSignal
  /** Takes a line about progress. */
  readonly say?: (line: string) => void
}

export interface Stack extends StackQueries {
  /** HOST:PORT of every listener. */
  readonly endpoints: Endpoints
  /** Base URLs of what people open. */
  readonly urls: StackUrls
  /** Where services send traces, metrics and logs by OTLP over HTTP, without a path: OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly otlpUrl: string
  /** Where jaeger-client sends its spans: JAEGER_ENDPOINT. */
  readonly jaegerThriftUrl: string
  readonly programs: readonly ProgramProcess[]
  /** Ends all programs and removes the folder. */
  stop(): Promise<void>
}

/** Nobody is told: for a stack without receivers. */
const SILENT: Alerting = {
  rules: new Map(),
  alertmanager: { route: { receiver: 'nobody' }, receivers: [{ name: 'nobody' }] }
}

/**
 * Starts everything and waits until it is ready; all of it dies with this process.
 * @throws what went wrong, after stopping what had been started
 */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const { say = () => undefined, signal } = options
  // First, and one after the other: a build takes minutes.
  await resolveTools(LOCAL_PROGRAMS.map((program) => PROGRAMS[program].tool))
  signal?.throwIfAborted()
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'alexandrite-stack-'))
  mkdirSync(folder, { recursive: true })
  const guarded = guard([], folder)
  const programs: ProgramProcess[] = []
  const stop = async () => {
    await Promise.all(programs.map((program) => program.stop()))
    rmSync(folder, { recursive: true, force: true })
    await guarded.release()
  }
  try {
    const settings = await prepare(folder, options)
    for (const program of LOCAL_PROGRAMS) {
      signal?.throwIfAborted()
      programs.push(await startProgram(program, settings, folder))
    }
    await allReady(programs, { say, signal })
    return { ...describe(settings.endpoints), programs, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function prepare(folder: string, options: StackOptions): Promise<Settings> {
  const { targets = [], logs = [], alerting = SILENT, intervalSeconds = 5 } = options
  const endpoints = localEndpoints(await choosePorts(options.ports ?? {}))
  const ruleFolder = join(folder, 'rules')
  mkdirSync(ruleFolder, { recursive: true })
  for (const [file, text] of alerting.rules) writeFileSync(join(ruleFolder, file), text)
  return {
    endpoints,
    targets: [...ownTargets(endpoints), ...targets],
    logs: [...ownLogs(folder), ...logs],
    alertmanager: alerting.alertmanager,
    ruleFolder,
    intervalSeconds
  }
}

async function choosePorts(given: Partial<Record<Listener, number>>): Promise<Record<Listener, number>> {
  const free = await freePorts(LISTENER_NAMES.length)
  const chosen = LISTENER_NAMES.map((name, index) => [name, given[name] ?? free[index]])
  return Object.fromEntries(chosen) as Record<Listener, number>
}

/** With the labels that their pods have in the cluster. */
const ownTargets = (endpoints: Endpoints): StaticTarget[] =>
  LOCAL_PROGRAMS.map((program) => ({
    job: program,
    service: program,
    address: metricsAddress(endpoints)[program],
    labels: { namespace: OBSERVABILITY_NAMESPACE, pod: `${program}-0` }
  }))

/** All but the agent's: its lines about lines would never end. */
const ownLogs = (folder: string): ServiceLog[] =>
  LOCAL_PROGRAMS.filter((program) => program !== 'otelcol-agent').map((program) => ({
    service: program,
    file: logFileOf(folder, program)
  }))

interface Watch {
  readonly say: (line: string) => void
  readonly signal: AbortSignal | undefined
}

async function allReady(programs: readonly ProgramProcess[], { say, signal }: Watch): Promise<void> {
  const started = Date.now()
  await Promise.all(
    programs.map(async (running) => {
      await running.ready()
      say(`${running.program}: ready in ${((Date.now() - started) / 1000).toFixed(1)} s`)
    })
  )
  signal?.throwIfAborted()
}

function describe(
  endpoints: Endpoints
): Pick<Stack, 'endpoints' | 'urls' | 'otlpUrl' | 'jaegerThriftUrl'> & StackQueries {
  const urls = {
    prometheus: `http://${endpoints.prometheus}`,
    alertmanager: `http://${endpoints.alertmanager}`,
    loki: `http://${endpoints.lokiHttp}`,
    jaeger: `http://${endpoints.jaegerQuery}`
  }
  return {
    endpoints,
    urls,
    otlpUrl: `http://${endpoints.gatewayOtlpHttp}`,
    jaegerThriftUrl: `http://${endpoints.gatewayJaegerThrift}/api/traces`,
    ...stackQueries(urls)
  }
}
