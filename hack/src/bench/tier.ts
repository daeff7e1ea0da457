/** The tier as its image runs it: one bundled file, the image's flags, in a process of its own. */
import { compile, validateCacheTier } from '@alexandrite/api'
import type { Policy } from '@alexandrite/api'
import { PROXY_ENV } from '@alexandrite/api/names'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { startServer } from '../caches/server.ts'
import type { Cpu, RunningServer } from '../caches/server.ts'
import { PROXY_ENTRIES, SIDECAR } from '../image.ts'
import { bundle } from '../images/bundle.ts'
import { freePort } from '../ports.ts'

export interface Bundle {
  /** Path of proxy.mjs. */
  readonly file: string
  remove(): void
}

export interface BundleOptions {
  /** Root of its sources. @default this repository */
  readonly root?: string
  /** Another program than the proxy's own, named `proxy`. */
  readonly entries?: typeof PROXY_ENTRIES
}

export async function bundleProxy({ root, entries = PROXY_ENTRIES }: BundleOptions = {}): Promise<Bundle> {
  const folder = mkdtempSync(join(tmpdir(), 'alexandrite-bundle-'))
  for (const { path, contents } of await bundle('proxy', entries, root)) {
    writeFileSync(join(folder, basename(path)), contents)
  }
  return { file: join(folder, 'proxy.mjs'), remove: () => rmSync(folder, { recursive: true, force: true }) }
}

export interface TierSetup {
  readonly bundle: string
  readonly originUrl: string
  readonly cpu: Cpu
  /** Receiver of traces, an OTLP/HTTP base URL. @default nothing is traced */
  readonly otlpUrl?: string
  /** Bound of the memory cache, such as 256Mi; 0 keeps nothing in memory. @default the proxy's own */
  readonly memory?: string
  /** unix:///PATH of its Redis. @default memory only */
  readonly redisUrl?: string
  /** Which requests get a line in the log. @default the proxy's own: errors */
  readonly accessLog?: 'all' | 'off'
  /** Port of its metrics. @default a free one */
  readonly adminPort?: number
  /** Rules of the policy, of which the last one matches the load. @default 1 */
  readonly rules?: number
}

/** Share of requests whose trace is recorded, in every row. */
const TRACE_SHARE = 0.01

const rule = (path: string, name: string) => ({ name, match: { path }, ttl: '1h' })

const compiled = (rules: readonly ReturnType<typeof rule>[]): Policy => {
  const checked = validateCacheTier({
    apiVersion: 'alexandrite.dev/v1alpha1',
    kind: 'CacheTier',
    metadata: { name: 'bench', namespace: 'bench' },
    spec: {
      workload: { kind: 'Deployment', name: 'bench', port: 'http' },
      policy: { rules },
      telemetry: { traceSampleRatio: TRACE_SHARE }
    }
  })
  if (!checked.ok) throw new Error(`the comparison's policy is refused: ${JSON.stringify(checked.problems)}`)
  return compile(checked.tier)
}

/** A policy of so many rules, of which only the last one matches what the rows ask for. */
export const policyOf = (rules: number): Policy => {
  const others = Array.from({ length: rules - 1 }, (_, i) =>
    rule(`/api/v${i}/orders/:id/items`, `other-${i}`)
  )
  // A CacheTier holds fewer rules than the curve goes up to: they are compiled one by one.
  const before = others.flatMap((other) => compiled([other]).rules)
  const policy = compiled([rule('/*', 'all')])
  return { ...policy, rules: [...before, ...policy.rules] }
}

const defined = (variables: Record<string, string | undefined>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(variables).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))
  )

export const startTierProcess = (setup: TierSetup): Promise<RunningServer> =>
  startServer({
    name: 'tier',
    cpu: setup.cpu,
    prepare: async ({ folder, port }) => {
      const policyFile = join(folder, 'policy', 'policy.json')
      mkdirSync(join(folder, 'policy'))
      writeFileSync(policyFile, JSON.stringify(policyOf(setup.rules ?? 1)))
      return {
        command: process.execPath,
        args: [...SIDECAR.flags, setup.bundle],
        env: defined({
          NODE_ENV: 'production',
          ...Object.fromEntries(SIDECAR.env.map((pair) => pair.split('=') as [string, string])),
          [PROXY_ENV.listen]: `127.0.0.1:${port}`,
          [PROXY_ENV.admin]: `127.0.0.1:${setup.adminPort ?? (await freePort())}`,
          [PROXY_ENV.origin]: setup.originUrl,
          [PROXY_ENV.policyFile]: policyFile,
          [PROXY_ENV.memory]: setup.memory,
          [PROXY_ENV.redisUrl]: setup.redisUrl,
          [PROXY_ENV.accessLog]: setup.accessLog,
          [PROXY_ENV.tier]: 'bench/bench',
          [PROXY_ENV.otlpEndpoint]: setup.otlpUrl
        })
      }
    }
  })
