/** Faults that the bundle must tell people of. */
import { setTimeout as sleep } from 'node:timers/promises'
import { ADMIN_PORT, PROXY_ENV, PROXY_PORT } from '@alexandrite/api/names'
import { imageReference } from '../../src/image.ts'
import { apply, type Pod } from './kube.ts'
import { signalContainer } from './machine.ts'

export interface HungApp {
  /** The application goes on; requests are sent on until `stop`. */
  mend(): Promise<void>
  /** Ends the requests, after mending what is still broken. */
  stop(): Promise<void>
}

const REQUESTS_AT_ONCE = 4

/**
 * The application of each pod hangs (SIGSTOP), while users ask the tiers of these pods for pages that are not stored:
 * by the pods' own addresses, since a Service has no pod that is not ready.
 */
export async function hangApp(pods: readonly Pod[], container: string): Promise<HungApp> {
  const signalAll = (signal: NodeJS.Signals): Promise<void[]> =>
    Promise.all(
      pods.map(({ metadata: { name, namespace = '' } }) =>
        signalContainer({ namespace, pod: name, container }, signal)
      )
    )
  const stopped = new AbortController()
  await signalAll('SIGSTOP')
  const asking = pods.flatMap(({ status: { podIP = '' } }) =>
    Array.from({ length: REQUESTS_AT_ONCE }, () => askOn(`http://${podIP}:${PROXY_PORT}`, stopped.signal))
  )
  const mend = async (): Promise<void> => void (await signalAll('SIGCONT'))
  return {
    mend,
    async stop() {
      await mend()
      stopped.abort()
      await Promise.all(asking)
    }
  }
}

let asked = 0

/** One request after the other, each for a page that nobody asked for before, ten a second at most. */
async function askOn(base: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    // Whether it is answered is the tier's and the bundle's to tell.
    await fetch(`${base}/api/items/asked-${(asked += 1)}`, { signal })
      .then((response) => response.text())
      .catch(() => undefined)
    await sleep(100)
  }
}

/** A proxy of its own whose policy is none: it serves on without it, and says so in its metrics. */
export async function deployRefusingProxy(namespace: string): Promise<{ readonly tier: string }> {
  const tier = `${namespace}/refusing`
  const metadata = { name: 'refusing', namespace }
  const env = {
    [PROXY_ENV.origin]: 'http://127.0.0.1:9',
    [PROXY_ENV.policyFile]: '/etc/policy/policy.json',
    [PROXY_ENV.tier]: tier
  }
  await apply([
    { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { 'policy.json': '{"rules": "none"}' } },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata,
      spec: {
        containers: [
          {
            // As in the pods of tiers, by which Prometheus finds it.
            name: 'alexandrite-proxy',
            image: imageReference('proxy'),
            imagePullPolicy: 'IfNotPresent',
            env: Object.entries(env).map(([name, value]) => ({ name, value })),
            ports: [{ name: 'cache-admin', containerPort: ADMIN_PORT }],
            volumeMounts: [{ name: 'policy', mountPath: '/etc/policy' }]
          }
        ],
        volumes: [{ name: 'policy', configMap: { name: metadata.name } }]
      }
    }
  ])
  return { tier }
}
