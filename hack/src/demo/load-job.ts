/** The load as a Job inside the cluster: a client like any other, through the Services. */
import type { LoadReport } from '@alexandrite/examples'
import { imageReference } from '../image.ts'
import { kubectl } from '../platform.ts'
import { say, waitUntil } from '../run.ts'

const NAMESPACE = 'load'
/** Ends of the job after its load: start of the pod, warm-up and the last answers. */
const MARGIN_SECONDS = 120

/** Runs the load for so many seconds and returns its report. `name` tells the two runs apart. */
export async function playLoad(name: string, seconds: number): Promise<LoadReport> {
  say(`${seconds} s of load: ${name}`)
  const args = [
    '--duration',
    String(seconds),
    '--warmup',
    '5',
    '--metrics',
    (await metricsOfPods()).join(',')
  ]
  const job = `load-${name}`
  await kubectl(['delete', 'job', job, '-n', NAMESPACE, '--ignore-not-found'])
  await kubectl(['apply', '--server-side', '-f', '-'], JSON.stringify(manifests(job, args)))
  await finished(job, seconds + MARGIN_SECONDS)
  return JSON.parse(await kubectl(['logs', `job/${job}`, '-n', NAMESPACE])) as LoadReport
}

/** Addresses of the applications themselves, each pod's own: they count the database queries. */
async function metricsOfPods(): Promise<string[]> {
  const path = 'jsonpath={range .items[*]}{.status.podIP} {end}'
  const addresses = await Promise.all(
    ['mes', 'shop'].map((namespace) => kubectl(['get', 'pods', '-n', namespace, '-o', path]))
  )
  return addresses
    .flatMap((line) => line.trim().split(/\s+/))
    .filter((address) => address !== '')
    .map((address) => `http://${address}:8080`)
}

/** The job fails when an answer was wrong; its report says which, so both ends are fine here. */
async function finished(job: string, seconds: number): Promise<void> {
  const ends = 'jsonpath={.status.succeeded}{.status.failed}'
  await waitUntil(async () => (await kubectl(['get', 'job', job, '-n', NAMESPACE, '-o', ends])) !== '', {
    what: `the job ${NAMESPACE}/${job} ends`,
    timeoutMs: seconds * 1000,
    everyMs: 1000
  })
}

function manifests(job: string, args: readonly string[]): object {
  const container = {
    name: 'load',
    image: imageReference('examples'),
    imagePullPolicy: 'IfNotPresent',
    command: [
      'node',
      '/app/load.mjs',
      '--mes',
      'http://mes-api.mes',
      '--shop',
      'http://shop-api.shop',
      ...args
    ],
    resources: { requests: { cpu: '100m', memory: '96Mi' }, limits: { memory: '384Mi' } },
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' }
    }
  }
  const items = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } },
    {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: job, namespace: NAMESPACE },
      spec: {
        backoffLimit: 0,
        template: {
          spec: { restartPolicy: 'Never', automountServiceAccountToken: false, containers: [container] }
        }
      }
    }
  ]
  return { apiVersion: 'v1', kind: 'List', items }
}
