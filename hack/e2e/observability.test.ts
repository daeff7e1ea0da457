/** The observability bundle on a real cluster: it runs, it sees, it tells, and it fits. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { writeAll } from '@alexandrite/cdk8s/files'
import { manifests } from '@alexandrite/cdk8s/manifests'
import { AGENT_NAMESPACE, OBSERVABILITY_NAMESPACE } from '@alexandrite/cdk8s/observability/config'
import { BOARDS, concrete, panelQueries } from '@alexandrite/dashboards'
import { stackQueries } from '../src/stack/queries.ts'
import type { StackQueries } from '../src/stack/queries.ts'
import { deployRefusingProxy, hangApp, type HungApp } from './support/faults-seen.ts'
import { deleteNamespace, deployItems, itemPods, itemsTier, type ItemsApp } from './support/items-app.ts'
import { apply, clusterIp, getJson, kubectl, livePods, type Pod } from './support/kube.ts'
import { residentMebibytes } from './support/machine.ts'
import {
  DEADMAN_PATH,
  deployReceivers,
  MAIL,
  mails,
  PAGER_PATH,
  pagesAt,
  RECEIVER_ADDRESSES,
  RECEIVER_PORTS,
  RECEIVERS
} from './support/receivers.ts'
import { waitPods, waitReady } from './support/tier.ts'
import { waitFor } from './support/wait.ts'

const NAMESPACE = 'e2e-observed'
const OTLP = `http://otelcol-gateway.${OBSERVABILITY_NAMESPACE}.svc:4318`
const OPERATOR = ['deployment/alexandrite-operator', '-n', 'alexandrite-system']
/** Grafana's image cannot be had without a registry. */
const ABSENT = 'grafana'

/** A tier that gives up on its application after two seconds. */
const hastyTier = (ttl = '1h') => itemsTier(NAMESPACE, { ttl, limits: { originTimeout: '2s' } })

const secret = (name: string, stringData: Record<string, string>) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace: OBSERVABILITY_NAMESPACE },
  stringData
})

let folder: string
let app: ItemsApp
let ask: StackQueries
/** Broken from the beginning: what it leads to takes minutes, in which all else is tried. */
let refusing: { readonly tier: string }
let hung: HungApp | undefined
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'alexandrite-observability-'))
  // As in deploy/, but for what a test cannot wait for: every trace is kept.
  const observability = {
    sampling: { kind: 'KeepAll' },
    receiverPorts: RECEIVER_PORTS,
    mail: MAIL
  } as const
  writeAll(folder, manifests({ observability }))
  await deployReceivers()
  refusing = await deployRefusingProxy(RECEIVERS)
  await apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: OBSERVABILITY_NAMESPACE } }])
  await apply([
    secret('alertmanager-receivers', RECEIVER_ADDRESSES),
    secret('grafana-admin', { password: 'unused' })
  ])
  await kubectl(['apply', '--server-side', '--force-conflicts', '-k', join(folder, 'observability')])
  await kubectl(['set', 'env', ...OPERATOR, `ALEXANDRITE_SIDECAR_OTLP_ENDPOINT=${OTLP}`])
  await kubectl(['rollout', 'status', ...OPERATOR, '--timeout=120s'])
  app = await deployItems(NAMESPACE)
  await apply([hastyTier()])
  await waitPods(NAMESPACE, 2, 'with sidecar')
  await waitReady(NAMESPACE)
}, 400_000)

afterAll(async () => {
  await hung?.stop()
  await kubectl(['set', 'env', ...OPERATOR, 'ALEXANDRITE_SIDECAR_OTLP_ENDPOINT-'])
  await kubectl(['rollout', 'status', ...OPERATOR, '--timeout=120s'])
  await deleteNamespace(NAMESPACE)
  await deleteNamespace(RECEIVERS)
  await kubectl(['delete', '-k', join(folder, 'observability'), '--ignore-not-found', '--timeout=120s'])
  rmSync(folder, { recursive: true, force: true })
}, 400_000)

interface Workload {
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace: string }
}

const workloads = async (): Promise<Workload[]> => {
  const kinds = 'deployments,statefulsets,daemonsets'
  const lists = await Promise.all(
    [OBSERVABILITY_NAMESPACE, AGENT_NAMESPACE].map((namespace) =>
      getJson<{ items: Workload[] }>([kinds, '-n', namespace])
    )
  )
  return lists.flatMap(({ items }) => items).filter(({ metadata }) => metadata.name !== ABSENT)
}

const bundlePods = async (): Promise<Pod[]> => {
  const pods = await Promise.all(
    [OBSERVABILITY_NAMESPACE, AGENT_NAMESPACE].map((namespace) => livePods(namespace, ''))
  )
  return pods.flat().filter(({ metadata }) => !metadata.name.startsWith(ABSENT))
}

describe('the observability bundle', () => {
  test('becomes ready as it was applied, all but Grafana', async () => {
    const all = await workloads()
    expect(all.length).toBeGreaterThanOrEqual(7)
    for (const { kind, metadata } of all)
      await kubectl([
        'rollout',
        'status',
        `${kind}/${metadata.name}`,
        '-n',
        metadata.namespace,
        '--timeout=180s'
      ])
    const at = async (service: string, port: number): Promise<string> =>
      `http://${await clusterIp(OBSERVABILITY_NAMESPACE, service)}:${port}`
    ask = stackQueries({
      prometheus: await at('prometheus', 9090),
      alertmanager: await at('alertmanager', 9093),
      loki: await at('loki', 3100),
      jaeger: await at('jaeger', 16686)
    })
  })

  test('finds what there is to measure: the tier, the operator and itself', async () => {
    const wanted = [
      'alexandrite-proxy',
      'alexandrite-operator',
      'prometheus',
      'loki',
      'jaeger',
      'otelcol-gateway'
    ]
    const up = await waitFor(
      'Prometheus has scraped all of them',
      async () => {
        const services = new Set((await ask.promQuery('up == 1')).map(({ labels }) => labels.service))
        const missing = wanted.filter((service) => !services.has(service))
        if (missing.length > 0) throw new Error(`not yet: ${missing.join(', ')}`)
        return services
      },
      { seconds: 150 }
    )
    expect([...up]).toEqual(expect.arrayContaining(wanted))
    await waitFor('both pods of the tier are scraped', async () => {
      const expr = `count(up{service="alexandrite-proxy", namespace="${NAMESPACE}"} == 1)`
      return (await ask.promQuery(expr))[0]?.value === 2
    })
    await waitFor('and the Redis of each', async () => {
      const redis = `{service="redis", namespace="${NAMESPACE}", tier="${NAMESPACE}/items"}`
      const bounds = await ask.promQuery(`redis_memory_max_bytes${redis} and redis_up == 1`)
      return bounds.length === 2 && bounds.every(({ value }) => value > 2 ** 20)
    })
  })

  test('keeps the trace of a request through the tier', async () => {
    const traceId = crypto.randomUUID().replaceAll('-', '')
    const traceparent = `00-${traceId}-${traceId.slice(0, 16)}-01`
    const response = await fetch(`${app.url}/api/items/traced`, { headers: { traceparent } })
    expect(response.status).toBe(200)
    const trace = await waitFor('the trace is in Jaeger', () => ask.jaegerTrace(traceId))
    expect(trace.spans.map(({ service }) => service)).toContain('alexandrite-proxy')
  })

  test('goes on while an application hangs, of which people are told further down', async () => {
    hung = await hangApp(await itemPods(NAMESPACE), 'items')
    await waitFor(
      'the tier counts requests without an answer',
      async () => {
        const expr = `sum(alexandrite_proxy_origin_duration_seconds_count{outcome="error", namespace="${NAMESPACE}"})`
        return ((await ask.promQuery(expr))[0]?.value ?? 0) > 0
      },
      { seconds: 120, everyMs: 1000 }
    )
  })

  test('reads the logs of pods and says whose they are', async () => {
    const [line] = await waitFor('lines of the operator are in Loki', async () => {
      const lines = await ask.lokiQuery('{service_name="alexandrite-operator"}')
      return lines.length > 0 && lines
    })
    expect(line?.labels).toMatchObject({ k8s_namespace_name: 'alexandrite-system' })
  })

  test('fills every panel of the operator’s dashboard', async () => {
    const board = BOARDS.filter(({ uid }) => uid === 'operator')
    const queries = panelQueries(board).filter(({ emptyIsHealthy }) => emptyIsHealthy === undefined)
    expect(queries.length).toBeGreaterThan(4)
    let hours = 1
    for (const { panel, ask: query } of queries)
      await waitFor(
        `the panel ${panel} has data`,
        async () => {
          // An operator with nothing to do has no times to show.
          await apply([hastyTier(`${(hours += 1)}h`)])
          const samples = await ask.promQuery(
            concrete(typeof query === 'string' ? query : query.service, { __rate_interval: '2m' })
          )
          return samples.some(({ value }) => Number.isFinite(value))
        },
        { seconds: 150, everyMs: 5000 }
      )
  })

  test('tells the dead man’s switch that alerts arrive', async () => {
    await waitFor(
      'the watchdog is heard at its receiver',
      async () => (await pagesAt(DEADMAN_PATH)).length > 0,
      { seconds: 240, everyMs: 1000 }
    )
  })

  test('rings the pager of a hung application’s team, with the runbook; once it answers, the page is resolved', async () => {
    const pageOf = async (status: 'firing' | 'resolved') =>
      (await pagesAt(PAGER_PATH)).find(
        ({ notification }) =>
          notification.status === status &&
          notification.receiver === 'platform-on-call' &&
          notification.commonLabels.tier === `${NAMESPACE}/items`
      )
    const page = await waitFor('the page arrives', () => pageOf('firing'), { seconds: 360, everyMs: 1000 })
    const [alert] = page.notification.alerts
    expect(alert?.labels).toMatchObject({ alertname: 'CacheOriginDown', severity: 'critical' })
    expect(alert?.annotations.summary).toContain('items is down')
    expect(alert?.annotations.runbook_url).toMatch(/\/CacheOriginDown\.md$/)
    await hung?.mend()
    await waitFor('the page is resolved', () => pageOf('resolved'), { seconds: 300, everyMs: 1000 })
    await hung?.stop()
  }, 700_000)

  test('mails a ticket to its team over SMTP', async () => {
    const mail = await waitFor(
      'the mail arrives',
      async () => (await mails()).find(({ text }) => text.includes('CachePolicyRejected.md')),
      { seconds: 480, everyMs: 1000 }
    )
    expect(mail).toMatchObject({ from: MAIL.from, to: [MAIL.to.platform] })
    expect(mail.text).toContain(`tier ${refusing.tier}`)
  }, 500_000)

  test('needs at most 1.6 GB', async () => {
    const sizes = await Promise.all(
      (await bundlePods()).flatMap(({ metadata, spec }) =>
        spec.containers.map(async ({ name }) => {
          const container = { namespace: metadata.namespace ?? '', pod: metadata.name, container: name }
          return { pod: metadata.name, mebibytes: await residentMebibytes(container) }
        })
      )
    )
    const total = sizes.reduce((sum, { mebibytes }) => sum + mebibytes, 0)
    console.log(
      `RSS: ${sizes.map(({ pod, mebibytes }) => `${pod} ${mebibytes}`).join(', ')}; ${total} MiB together`
    )
    expect(total).toBeLessThanOrEqual(1600)
  })
})
