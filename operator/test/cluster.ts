/** A real API server, an operator with exactly its rights, and a stand-in for what a test has no nodes for. */
import { createServer } from 'node:net'
import { clusterRoleRules, crd, purgeCrd, roleRules, type RbacRule } from '@alexandrite/api'
import { startApiServer, type RunningApiServer } from '@alexandrite/hack/services'
import { Registry } from 'prom-client'
import { resources, type TierObject } from '../src/controller/kube.ts'
import { createOperator } from '../src/controller/operator.ts'
import type { ProxyClient } from '../src/controller/proxies.ts'
import type { PurgeClient } from '../src/controller/purge/index.ts'
import type { RolloutTiming } from '../src/controller/rollout.ts'
import { createMetrics, KubeClient, loadConnection, silentLog, type Log } from '../src/runtime/index.ts'

export const OPERATOR_USER = 'alexandrite-operator-under-test'
export const SYSTEM_NAMESPACE = 'alexandrite-system'

/** Everything quicker than in production. */
export const QUICK: RolloutTiming = {
  settle: 0,
  webhookSettle: 300,
  backoff: 300,
  longestBackoff: 2000,
  unreadyPatience: 60_000,
  turnPatience: 60_000
}

export const eventually = async <T>(
  what: string,
  probe: () => Promise<T | undefined | false>,
  ms = 20_000
): Promise<T> => {
  const end = Date.now() + ms
  for (;;) {
    const found = await probe()
    if (found !== undefined && found !== false) return found
    if (Date.now() > end) throw new Error(`waited ${ms} ms in vain for: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })

const policyRules = (rules: readonly RbacRule[]) => rules.map(({ why: _why, ...rule }) => rule)

export class TestCluster {
  readonly api: RunningApiServer
  readonly admin: KubeClient

  private constructor(api: RunningApiServer, admin: KubeClient) {
    this.api = api
    this.admin = admin
  }

  static async start(options: { audit?: boolean } = {}): Promise<TestCluster> {
    const api = await startApiServer(options)
    const connection = await loadConnection({ kubeconfig: api.kubeconfig })
    const admin = new KubeClient({ connection, metrics: createMetrics(new Registry()), fieldManager: 'test' })
    const cluster = new TestCluster(api, admin)
    await cluster.#install()
    return cluster
  }

  async stop(): Promise<void> {
    await this.admin.close()
    await this.api.stop()
  }

  async post(path: string, body: object): Promise<unknown> {
    return await this.admin.raw({ method: 'POST', path, body })
  }

  async namespace(name: string): Promise<void> {
    await this.post('/api/v1/namespaces', { metadata: { name } })
  }

  async tier(namespace: string, name: string): Promise<TierObject | undefined> {
    return await this.admin.find(resources.tiers, { namespace, name })
  }

  /** `TYPE=STATUS(REASON)` of a condition. */
  async condition(namespace: string, name: string, type: string): Promise<string | undefined> {
    const tier = await this.tier(namespace, name)
    const found = tier?.status?.conditions?.find((condition) => condition.type === type)
    return found && `${found.status} ${found.reason}`
  }

  async applyTier(namespace: string, name: string, spec: object): Promise<void> {
    const tier = { metadata: { namespace, name }, spec }
    await this.admin.apply(resources.tiers, tier)
  }

  async #install(): Promise<void> {
    for (const definition of [crd(), purgeCrd()])
      await this.post('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', definition)
    await this.namespace(SYSTEM_NAMESPACE)
    const rbac = '/apis/rbac.authorization.k8s.io/v1'
    const subjects = [{ kind: 'User', name: OPERATOR_USER, apiGroup: 'rbac.authorization.k8s.io' }]
    const refer = (kind: string) => ({ apiGroup: 'rbac.authorization.k8s.io', kind, name: 'operator' })
    const metadata = { name: 'operator' }
    const here = `${rbac}/namespaces/${SYSTEM_NAMESPACE}`
    await this.post(`${rbac}/clusterroles`, { metadata, rules: policyRules(clusterRoleRules) })
    await this.post(`${rbac}/clusterrolebindings`, { metadata, subjects, roleRef: refer('ClusterRole') })
    await this.post(`${here}/roles`, { metadata, rules: policyRules(roleRules) })
    await this.post(`${here}/rolebindings`, { metadata, subjects, roleRef: refer('Role') })
    await eventually('the CRDs are served', () =>
      Promise.all([this.admin.list(resources.tiers), this.admin.list(resources.purges)]).catch(
        (error: unknown) => {
          if (error instanceof Error) return undefined
          throw error
        }
      )
    )
  }
}

export interface TestOperator {
  readonly registry: Registry
  /** Requests to the API server since the start, by `METHOD CODE`. */
  requests(): Promise<Record<string, number>>
  writes(): Promise<number>
  stop(): Promise<void>
}

export interface TestOperatorOptions {
  readonly proxies: ProxyClient
  readonly purges?: PurgeClient
  readonly timing?: RolloutTiming
  readonly log?: Log
  readonly podName?: string
  /** Where the API server is told to find the webhook, when that is to be wrong. */
  readonly webhookUrl?: string
}

/** An operator in this process, with the rights of api/src/rbac.ts and no others. */
export const startOperator = async (
  cluster: TestCluster,
  options: TestOperatorOptions
): Promise<TestOperator> => {
  const registry = new Registry()
  const metrics = createMetrics(registry)
  const connection = await loadConnection({ kubeconfig: await cluster.api.userKubeconfig(OPERATOR_USER) })
  const webhookPort = await freePort()
  const operator = createOperator({
    connection,
    namespace: SYSTEM_NAMESPACE,
    podName: options.podName ?? 'operator-0',
    images: { proxy: 'proxy:test', redis: 'redis:test' },
    endpoint: { kind: 'url', url: options.webhookUrl ?? `https://127.0.0.1:${webhookPort}` },
    host: '127.0.0.1',
    webhookPort,
    healthPort: 0,
    metrics,
    log: options.log ?? silentLog,
    timing: options.timing ?? QUICK,
    proxies: options.proxies,
    ...(options.purges && { purges: options.purges })
  })
  const abort = new AbortController()
  const running = operator.run(abort.signal)
  const requests = async (): Promise<Record<string, number>> => {
    const counts: Record<string, number> = {}
    for (const { labels, value } of (await metrics.restRequests.get()).values) {
      const key = `${labels.method} ${labels.code}`
      counts[key] = (counts[key] ?? 0) + value
    }
    return counts
  }
  const leases = new RegExp('^(PUT|GET) ')
  return {
    registry,
    requests,
    // The lease is renewed by PUT; nothing else of the operator's steady life may write.
    writes: async () =>
      Object.entries(await requests()).reduce((sum, [key, count]) => sum + (leases.test(key) ? 0 : count), 0),
    stop: async () => {
      abort.abort()
      await running
    }
  }
}
