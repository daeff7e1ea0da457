import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Registry } from 'prom-client'
import type { Connection } from '../connection.ts'
import { KubeClient, type KubeClientOptions } from '../kube-client.ts'
import { createMetrics, type RuntimeMetrics } from '../metrics.ts'
import { resource, type KubeObject, type Log } from '../types.ts'

/** A request as a test sees it, and ways to answer it well and badly. */
export interface Exchange {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage['headers']
  readonly body: string
  readonly isWatch: boolean
  readonly json: (status: number, body: unknown, headers?: Record<string, string>) => void
  readonly status: (code: number, reason: string, headers?: Record<string, string>) => void
  /** Begins a stream, writes the events, leaves it open. */
  readonly stream: (...events: readonly unknown[]) => void
  /** Writes bytes as they are. */
  readonly write: (bytes: string) => void
  readonly end: () => void
  /** Breaks the connection. */
  readonly reset: () => void
}

export interface Wire {
  readonly connection: Connection
  readonly requests: { readonly method: string; readonly path: string; readonly isWatch: boolean }[]
  readonly close: () => Promise<void>
}

const exchangeOf = (request: IncomingMessage, response: ServerResponse, body: string): Exchange => {
  const url = new URL(request.url ?? '/', 'http://wire')
  const json: Exchange['json'] = (status, value, headers = {}) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value))
  }
  const begin = (): void => {
    if (!response.headersSent) response.writeHead(200, { 'content-type': 'application/json' })
    response.flushHeaders()
  }
  return {
    method: request.method ?? '',
    path: url.pathname,
    query: url.searchParams,
    headers: request.headers,
    body,
    isWatch: url.searchParams.has('watch'),
    json,
    status: (code, reason, headers) =>
      json(code, { kind: 'Status', code, reason, message: `${reason} it is` }, headers),
    stream: (...events) => {
      begin()
      for (const event of events) response.write(`${JSON.stringify(event)}\n`)
    },
    write: (bytes) => {
      begin()
      response.write(bytes)
    },
    end: () => {
      begin()
      response.end()
    },
    reset: () => request.socket.resetAndDestroy()
  }
}

/** An API server that does what a test says, over real sockets. */
export const startWire = async (answer: (exchange: Exchange) => void): Promise<Wire> => {
  const requests: Wire['requests'] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    response.on('error', () => undefined) // The test reset it.
    request.on('error', () => undefined)
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const exchange = exchangeOf(request, response, Buffer.concat(chunks).toString())
      requests.push({ method: exchange.method, path: exchange.path, isWatch: exchange.isWatch })
      answer(exchange)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    connection: { server: `http://127.0.0.1:${port}`, namespace: 'default' },
    requests,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  }
}

export interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>
}
export const CONFIG_MAPS = resource<ConfigMap>({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  namespaced: true
})

/** A ConfigMap as the server would send it. */
export const configMap = (name: string, version: number, data: Record<string, string> = {}): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default', uid: `uid-${name}`, resourceVersion: String(version) },
  data
})

export const listOf = (version: number, ...items: readonly KubeObject[]) => ({
  kind: 'List',
  metadata: { resourceVersion: String(version) },
  items
})

export const newMetrics = (): RuntimeMetrics => createMetrics(new Registry())

export const clientFor = (
  connection: Connection,
  metrics: RuntimeMetrics,
  options: Omit<Partial<KubeClientOptions>, 'connection' | 'metrics'> = {}
): KubeClient => new KubeClient({ connection, metrics, ...options })

/** Sum of a metric's samples whose labels include `labels`. */
export const sample = async (
  metrics: RuntimeMetrics,
  name: string,
  labels: Record<string, string> = {}
): Promise<number> => {
  const metric = await metrics.registry.getSingleMetric(name)?.get()
  const fits = (found: Partial<Record<string, string | number>>): boolean =>
    Object.entries(labels).every(([label, value]) => found[label] === value)
  const values = metric?.values.filter(({ labels: found }) => fits(found)) ?? []
  return values.reduce((sum, { value }) => sum + value, 0)
}

/** Keeps the messages. */
export const recordingLog = (): Log & { readonly messages: string[] } => {
  const messages: string[] = []
  const keep = (_fields: object, message: string): void => void messages.push(message)
  return { messages, debug: keep, info: keep, warn: keep, error: keep }
}

/** Waits until `condition` holds. @throws after ten seconds. */
export const eventually = async (condition: () => unknown, what = 'the condition'): Promise<void> => {
  const end = Date.now() + 10_000
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`${what} did not come true within 10 s`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
