/** The two tiers that are compared, and what their results say. */
import type { Contender, Start } from '../bench/contenders.ts'
import type { LoadRow } from '../bench/load-row.ts'
import type { LoadResult } from '../bench/load.ts'
import { startTierProcess } from '../bench/tier.ts'
import { complaintsOf } from '../bench/verdict.ts'
import { freePort } from '../ports.ts'
import { scrape } from './scraper.ts'

export const TOLD = 'metrics, 1 % traced, failures logged'
/** To tell what traces cost from what the rest does. */
const UNTRACED = 'metrics, failures logged'
export const UNTOLD = 'nothing'

/** How often somebody was told: a tier that tells nobody is no measurement. */
export interface Heard {
  scrapes: number
}

/** @param untold bundle of the proxy that tells nothing */
export const costRow = (untold: string, heard: Heard): LoadRow => ({
  title: '2 KB hits with telemetry and without',
  path: '/k/1',
  originShare: [0, 0.01],
  contenders: {
    [UNTOLD]: withoutTelemetry(untold),
    [UNTRACED]: scraped(heard, 'NotTraced'),
    [TOLD]: scraped(heard, 'Traced')
  }
})

const withoutTelemetry =
  (bundle: string): Start =>
  async ({ cores, originPort }) => {
    const server = await startTierProcess({
      bundle,
      originUrl: `http://127.0.0.1:${originPort}`,
      cpu: cores.server,
      accessLog: 'off'
    })
    return { url: server.url, groups: [server.pid], stop: () => server.stop() }
  }

/** As in the cluster, where Prometheus reads it twice a minute; here each second, so that each turn pays for it. */
const scraped =
  (heard: Heard, traces: 'Traced' | 'NotTraced'): Start =>
  async ({ bundle, originPort, otlpUrl, cores }): Promise<Contender> => {
    const adminPort = await freePort()
    const server = await startTierProcess({
      bundle,
      originUrl: `http://127.0.0.1:${originPort}`,
      cpu: cores.server,
      adminPort,
      ...(traces === 'Traced' ? { otlpUrl } : {})
    })
    const stopped = new AbortController()
    const scraping = scrape(`http://127.0.0.1:${adminPort}/metrics`, stopped.signal, () => {
      heard.scrapes += 1
    })
    const stop = async (): Promise<void> => {
      stopped.abort()
      await Promise.allSettled([scraping])
      await server.stop()
    }
    return { url: server.url, groups: [server.pid], stop }
  }

const fixed = (value: number): string => value.toFixed(3)

export const costTable = (results: readonly LoadResult[]): string[][] => {
  const base = results.find(({ contender }) => contender === UNTOLD)
  return [
    ['what it tells', 'hits/s', 'ratio', 'CPU µs a hit', 'ratio', 'p99 ms'],
    ...results.map(({ contender, requestsPerSecond, ratio, cpu, p99 }) => [
      contender,
      Math.round(requestsPerSecond).toLocaleString('en-US'),
      fixed(ratio ?? NaN),
      cpu.toFixed(2),
      fixed(cpu / (base?.cpu ?? NaN)),
      p99.toFixed(2)
    ])
  ]
}

interface Expected extends Heard {
  /** Share of the throughput that must be left. */
  readonly floor: number
  /** Batches that the receiver of traces was sent. */
  readonly traces: number
}

/** A sentence for each thing that is wrong. */
export const complaints = (
  row: LoadRow,
  results: readonly LoadResult[],
  { floor, scrapes, traces }: Expected
): string[] => {
  const ratio = results.find(({ contender }) => contender === TOLD)?.ratio ?? NaN
  return [
    ...complaintsOf('telemetry-cost', row, results),
    ...(scrapes > 1 ? [] : ['its metrics could not be read: what was measured is not telemetry']),
    ...(traces > 0 ? [] : ['no traces arrived: what was measured is not telemetry']),
    ...(ratio >= floor
      ? []
      : [`telemetry leaves ${fixed(ratio)} of the throughput of hits; ${floor} is the least`])
  ]
}
