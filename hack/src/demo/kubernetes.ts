/** The demo on a cluster: APIs as they are, their load, then kubectl apply of two CacheTiers, and the load again. */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { MigrationStatus } from '@alexandrite/orders/crm/admin'
import { clusterDown, clusterUp } from '../cluster.ts'
import { REPOSITORY } from '../paths.ts'
import { installOperator, kubectl } from '../platform.ts'
import { messageOf, say, waitUntil } from '../run.ts'
import { playLoad } from './load-job.ts'
import { table, verdict } from './table.ts'

const HELP = `Usage: node hack/demo-kubernetes.ts [--duration SECONDS] [--keep]

Brings the local cluster up (or takes the one that is up), installs the operator, deploys the MES and Shop APIs
untouched, plays the company's load through their Services, applies their CacheTiers with kubectl, and plays the same
load again. Prints the pods before and after, the tiers' status and one table.

  --duration SECONDS   of each of the two runs (default 30)
  --keep               leave the cluster as it is at the end, for a look with kubectl
Needs root, or Docker and kind. Ends with 0 when every request was answered and every answer was right.
`
const IMAGES = [
  'redis',
  'proxy',
  'operator',
  'examples',
  'postgres',
  'postgres-exporter',
  'rabbitmq',
  'orders'
] as const
const APIS = [
  { namespace: 'mes', name: 'mes-api' },
  { namespace: 'shop', name: 'shop-api' }
] as const

export async function main(argv: readonly string[]): Promise<number> {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        duration: { type: 'string', default: '30' },
        keep: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h' }
      }
    })
    if (values.help) {
      process.stdout.write(HELP)
      return 0
    }
    const seconds = Number(values.duration)
    if (!Number.isInteger(seconds) || seconds < 1 || seconds > 600)
      throw new Error(`--duration is "${values.duration}"; give a whole number of seconds from 1 to 600`)
    return await demo(seconds, values.keep)
  } catch (error) {
    say(`demo-kubernetes: ${messageOf(error)}`)
    return 1
  }
}

async function demo(seconds: number, keep: boolean): Promise<number> {
  process.env.KUBECONFIG = await clusterUp({ images: IMAGES })
  try {
    await installOperator()
    await deployApis()
    await showPods('before')
    const direct = await playLoad('straight', seconds)
    await applyTiers()
    await showPods('after')
    print(await kubectl(['get', 'cachetiers', '-A']))
    const comparison = { direct, tier: await playLoad('tiers', seconds) }
    print(`\n${table(comparison)}\n`)
    const wrong = verdict(comparison)
    if (wrong !== undefined) say(`demo-kubernetes: ${wrong}`)
    return wrong === undefined ? 0 : 1
  } finally {
    if (keep) say(`the cluster stays: export KUBECONFIG=${process.env.KUBECONFIG}; make cluster-down ends it`)
    else await clusterDown()
  }
}

/** Applies deploy/examples and waits until the database is filled and every pod is ready. */
async function deployApis(): Promise<void> {
  say('deploying PostgreSQL, RabbitMQ, the APIs and the services of orders; 200,000 orders are being written')
  await kubectl(['apply', '--server-side', '--force-conflicts', '-k', join(REPOSITORY, 'deploy/examples')])
  await kubectl(['wait', '-n', 'data', '--for=condition=Complete', 'job/seed', '--timeout=480s'])
  for (const { namespace, name } of APIS)
    await kubectl(['rollout', 'status', '-n', namespace, `deployment/${name}`, '--timeout=180s'])
  await copyIsMade()
}

/** The CRM's read model copies the orders at its first start, and the customers' service reads their past: no part of the load. */
async function copyIsMade(): Promise<void> {
  await kubectl(['wait', '-n', 'orders', '--for=condition=Complete', 'job/orders-setup', '--timeout=180s'])
  const customers = 'deployment/orders-customers'
  await kubectl(['rollout', 'status', '-n', 'orders', customers, '--timeout=300s'])
  // From within its pod: the host does not reach pods of every cluster, and the token stays there.
  const ask = `const headers = { authorization: 'Bearer ' + process.env.CRM_ADMIN_TOKEN }
fetch('http://127.0.0.1:8080/v1/migration', { headers }).then(async (answer) => console.log(await answer.text()))`
  const exec = ['exec', '-n', 'orders', 'deployment/crm-read-model', '--', 'node', '-e', ask]
  await waitUntil(
    async () => {
      const { facts } = JSON.parse(await kubectl(exec)) as MigrationStatus
      return facts.snapshot === 'Complete' && facts.reconciled !== undefined
    },
    { what: 'the CRM’s read model has its copy', timeoutMs: 300_000, everyMs: 2000 }
  )
}

/** The tiers of the examples, with their ways and the address of the broker, and the wait until each is Ready. */
async function applyTiers(): Promise<void> {
  const started = Date.now()
  print('\n$ kubectl apply --server-side -k deploy/tiers')
  print(await kubectl(['apply', '--server-side', '-k', join(REPOSITORY, 'deploy/tiers')]))
  for (const { namespace, name } of APIS) {
    const query = ['get', 'cachetier', name, '-n', namespace, '-o']
    await waitUntil(
      async () => {
        const path = 'jsonpath={.status.conditions[?(@.type=="Ready")].status}'
        return (await kubectl([...query, path])) === 'True'
      },
      { what: `CacheTier ${namespace}/${name} is Ready`, timeoutMs: 240_000, everyMs: 500 }
    )
  }
  say(`tiers: Ready in ${((Date.now() - started) / 1000).toFixed(1)} s`)
}

async function showPods(when: 'before' | 'after'): Promise<void> {
  print(`\nPods ${when} the tiers:`)
  for (const { namespace } of APIS) print(await kubectl(['get', 'pods', '-n', namespace]))
}

const print = (text: string): void => void process.stdout.write(`${text.trimEnd()}\n`)
