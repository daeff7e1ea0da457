/** The example company on the cluster, small: with its order process and its tiers. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { demoDatabase } from '@alexandrite/cdk8s'
import { writeAll } from '@alexandrite/cdk8s/files'
import { manifests } from '@alexandrite/cdk8s/manifests'
import pg from 'pg'
import { clusterIp, getJson, kubectl, livePods, type KubeObject, type Pod } from './kube.ts'
import { waitReady } from './tier.ts'
import { waitFor } from './wait.ts'

export const NAMESPACES = ['data', 'mes', 'shop', 'crm', 'orders'] as const
/** Of the Job that loads it. */
const LOAD_TEST = 'load-test'
/** Enough for every page to have orders, and little to write. */
const ORDERS = 2000

export interface Company {
  /** Its one database, as the owner of everything. */
  readonly database: pg.Client
  /** Base URL of a Service. */
  url(namespace: string, service: string): Promise<string>
  /** Applies a folder of deploy/. */
  apply(folder: string): Promise<string>
}

/** Applies deploy/examples and deploy/tiers, and waits until all of it is ready. */
export async function deployCompany(): Promise<Company> {
  const apply = async (name: string): Promise<string> => {
    const folder = mkdtempSync(join(tmpdir(), 'alexandrite-company-'))
    try {
      writeAll(folder, manifests({ exampleSeed: { orders: ORDERS } }))
      return await kubectl(['apply', '--server-side', '--force-conflicts', '-k', join(folder, name)])
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
  await apply('examples')
  await apply('tiers')
  const jobs = [
    ['data', 'seed'],
    ['orders', 'orders-setup']
  ] as const
  for (const [namespace, job] of jobs)
    await kubectl(['wait', '-n', namespace, '--for=condition=Complete', `job/${job}`, '--timeout=190s'])
  for (const { kind, metadata } of await workloads())
    await kubectl([
      ...['rollout', 'status', `${kind}/${metadata.name}`, '-n', metadata.namespace ?? ''],
      '--timeout=190s'
    ])
  await waitReady('mes', 'mes-api')
  await waitReady('shop', 'shop-api')
  const database = new pg.Client({
    ...{ host: await clusterIp('data', 'postgres'), port: demoDatabase.port, user: demoDatabase.user },
    ...{ password: demoDatabase.password, database: demoDatabase.database }
  })
  await database.connect()
  return {
    database,
    apply,
    url: async (namespace, service) => `http://${await clusterIp(namespace, service)}`
  }
}

/** Also what a deployment left that failed. Tiers go first: without their namespace nobody would drop their finalizers. */
export async function removeCompany(): Promise<void> {
  for (const namespace of ['mes', 'shop'])
    await kubectl(['delete', 'cachetiers', '--all', '-n', namespace, '--ignore-not-found', '--timeout=180s'])
  await kubectl(['delete', 'namespace', ...NAMESPACES, LOAD_TEST, '--ignore-not-found', '--timeout=180s'])
}

async function workloads(): Promise<KubeObject[]> {
  const lists = await Promise.all(
    NAMESPACES.map((namespace) =>
      getJson<{ items: KubeObject[] }>(['deployments,statefulsets', '-n', namespace])
    )
  )
  return lists.flatMap(({ items }) => items)
}

/** Of all its namespaces; those of Jobs that have ended as well. */
export const companyPods = async (): Promise<Pod[]> =>
  (await Promise.all(NAMESPACES.map((namespace) => livePods(namespace, '')))).flat()

interface Job {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] }
}

export interface LoadTested {
  /** Condition of the Job that has ended. */
  readonly ended: 'Complete' | 'Failed'
  /** Its report. */
  readonly log: string
}

/** Applies deploy/load-test, and waits until its Job is over. */
export async function loadCompany({ apply }: Pick<Company, 'apply'>): Promise<LoadTested> {
  await apply('load-test')
  const ended = await waitFor(
    'the load test is over',
    async () => {
      const { status } = await getJson<Job>(['job', LOAD_TEST, '-n', LOAD_TEST])
      const types = (status?.conditions ?? [])
        .filter((each) => each.status === 'True')
        .map(({ type }) => type)
      return (['Complete', 'Failed'] as const).find((type) => types.includes(type))
    },
    { seconds: 330, everyMs: 1000 }
  )
  return { ended, log: await kubectl(['logs', '-n', LOAD_TEST, `job/${LOAD_TEST}`]) }
}
