/** Stands in for the Deployment controller, the scheduler and the kubelet: pods come, get ready, and come again. */
import { POLICY_ANNOTATION, tierObjects } from '@alexandrite/api'
import { resources, type Pod } from '../src/controller/kube.ts'
import type { ProxyReport } from '../src/controller/observed.ts'
import { podViews } from '../src/controller/pods.ts'
import type { ProxyClient } from '../src/controller/proxies.ts'
import { injectedBy } from '../src/injector/index.ts'
import type { TestCluster } from './cluster.ts'

export interface TestWorkload {
  readonly namespace: string
  readonly name: string
  readonly replicas: number
  /** Changes of the pod's only container, such as its ports. */
  readonly container?: object
}

const HASH = '5d9f8c7b6'

const labelsOf = (name: string) => ({ app: name, 'pod-template-hash': HASH })

const templateOf = ({ name, container }: TestWorkload) => ({
  metadata: { labels: { app: name } },
  spec: {
    containers: [
      {
        name: 'app',
        image: 'app:test',
        ports: [{ name: 'http', containerPort: 8080 }],
        readinessProbe: { httpGet: { path: '/readyz', port: 'http' } },
        ...container
      }
    ]
  }
})

export class Workloads implements ProxyClient {
  readonly #cluster: TestCluster
  readonly #workloads = new Map<string, TestWorkload>()
  readonly #tiers = new Map<string, string>()
  #made = 0
  #timer: NodeJS.Timeout | undefined
  #tick: Promise<void> = Promise.resolve()
  /** Errors of the stand-in itself. */
  readonly errors: unknown[] = []
  /** When false, no pod is told ready. */
  isKubeletUp = true

  constructor(cluster: TestCluster) {
    this.#cluster = cluster
    this.#timer = setInterval(() => {
      this.#tick = this.#tick.then(() => this.#once())
    }, 100)
  }

  async add(workload: TestWorkload): Promise<void> {
    const { namespace, name, replicas } = workload
    await this.#cluster.admin.create(resources.deployments, {
      metadata: { namespace, name },
      spec: { replicas, selector: { matchLabels: { app: name } }, template: templateOf(workload) }
    })
    this.#workloads.set(`${namespace}/${name}`, workload)
  }

  /** New pods get another container; those that run are replaced, as by a rollout. */
  async change(namespace: string, name: string, container: object): Promise<void> {
    const workload = this.#workloads.get(`${namespace}/${name}`)
    if (workload !== undefined) this.#workloads.set(`${namespace}/${name}`, { ...workload, container })
    for (const { metadata } of await this.pods(namespace, name))
      await this.#cluster.admin.delete(resources.pods, metadata)
  }

  forget(namespace: string, name: string): void {
    this.#workloads.delete(`${namespace}/${name}`)
  }

  async pods(namespace: string, name: string): Promise<Pod[]> {
    const list = await this.#cluster.admin.list(resources.pods, { namespace, labelSelector: `app=${name}` })
    return list.items
  }

  /** Which pods of the workload carry sidecars: a word a pod, such as "mes/mes-api" or "-". */
  async carriers(namespace: string, name: string): Promise<string> {
    const pods = await this.pods(namespace, name)
    return pods.map((pod) => injectedBy(pod) ?? '-').join(' ')
  }

  /** Each proxy runs what the ConfigMap of its tier says. */
  async report(address: string): Promise<ProxyReport | undefined> {
    const [namespace, name = ''] = this.#tiers.get(address)?.split('/') ?? []
    if (namespace === undefined) return undefined
    const configMap = { namespace, name: tierObjects(name).policyConfigMap }
    const found = await this.#cluster.admin.find(resources.configMaps, configMap)
    const hash = found?.metadata.annotations?.[POLICY_ANNOTATION]
    return hash === undefined ? undefined : { hash }
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#tick
  }

  async #once(): Promise<void> {
    for (const workload of this.#workloads.values()) {
      try {
        await this.#keep(workload)
      } catch (error) {
        this.errors.push(error)
      }
    }
  }

  async #keep(workload: TestWorkload): Promise<void> {
    const pods = await this.pods(workload.namespace, workload.name)
    for (let missing = workload.replicas - pods.length; missing > 0; missing -= 1)
      await this.#create(workload)
    let ready = 0
    for (const pod of pods) ready += Number(await this.#run(pod))
    await this.#report(workload, ready)
  }

  async #create(workload: TestWorkload): Promise<void> {
    const { namespace, name } = workload
    const owner = {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      name: `${name}-${HASH}`,
      uid: 'rs',
      controller: true
    }
    this.#made += 1
    const metadata = {
      namespace,
      name: `${name}-${HASH}-${this.#made}`,
      labels: labelsOf(name),
      ownerReferences: [owner]
    }
    await this.#cluster.admin.create(resources.pods, { metadata, spec: templateOf(workload).spec })
  }

  /** True when the pod is ready. */
  async #run(pod: Pod): Promise<boolean> {
    const isReady =
      pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false
    if (isReady || !this.isKubeletUp) return isReady
    const podIP = `10.0.${this.#made >> 8}.${this.#made & 255}`
    this.#made += 1
    const lastTransitionTime = new Date().toISOString().replace(/\.\d+Z/, 'Z')
    const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime }]
    const status = { phase: 'Running', podIP, podIPs: [{ ip: podIP }], conditions }
    const options = { subresource: 'status', type: 'strategic' } as const
    const running = await this.#cluster.admin.patch(resources.pods, pod.metadata, { status }, options)
    const admin = podViews([running])[0]?.admin
    if (admin !== undefined) this.#tiers.set(admin, injectedBy(running) ?? '')
    return true
  }

  async #report({ namespace, name }: TestWorkload, ready: number): Promise<void> {
    const deployment = await this.#cluster.admin.get(resources.deployments, { namespace, name })
    const { replicas = 1 } = deployment.spec
    const status = {
      observedGeneration: deployment.metadata.generation ?? 1,
      replicas,
      updatedReplicas: replicas,
      availableReplicas: ready
    }
    if (
      Object.entries(status).every(([key, value]) =>
        Object.entries(deployment.status ?? {}).some(([k, v]) => k === key && v === value)
      )
    )
      return
    const options = { subresource: 'status' }
    const readyReplicas = ready
    await this.#cluster.admin.patch(
      resources.deployments,
      { namespace, name },
      { status: { ...status, readyReplicas } },
      options
    )
  }
}
