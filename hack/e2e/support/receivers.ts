/** Where the cluster's Alertmanager sends in the end-to-end tests: webhooks and a real SMTP server in a pod. */
import { imageReference } from '../../src/image.ts'
import { bundle } from '../../src/images/bundle.ts'
import type { Mail } from '../../src/stack/mailbox.ts'
import type { Received } from '../../src/stack/receivers.ts'
import { apply, kubectl } from './kube.ts'

export const RECEIVERS = 'e2e-receivers'
/** Those of fixtures/receivers.ts. */
const WEBHOOK_PORT = 8080
const SMTP_PORT = 2525
const HOST = `receiver.${RECEIVERS}.svc`

/** For the policies of the bundle. */
export const RECEIVER_PORTS = [WEBHOOK_PORT, SMTP_PORT] as const

export const PAGER_PATH = '/pager'
export const DEADMAN_PATH = '/deadman'

/** What the Secret of the bundle's receivers holds. */
export const RECEIVER_ADDRESSES = {
  'pager-url': `http://${HOST}:${WEBHOOK_PORT}${PAGER_PATH}`,
  'chat-url': `http://${HOST}:${WEBHOOK_PORT}/chat`,
  'deadman-url': `http://${HOST}:${WEBHOOK_PORT}${DEADMAN_PATH}`,
  'smtp-password': 'unused'
} as const

export const MAIL = {
  smarthost: `${HOST}:${SMTP_PORT}`,
  from: 'alertmanager@example.org',
  to: {
    platform: 'platform@example.org',
    mes: 'mes@example.org',
    shop: 'shop@example.org',
    crm: 'crm@example.org'
  },
  tls: 'Off'
} as const

const metadata = { name: 'receiver', namespace: RECEIVERS, labels: { app: 'receiver' } }

/** Starts them in a namespace of their own. */
export async function deployReceivers(): Promise<void> {
  const [program] = await bundle('receivers', { receivers: 'hack/e2e/fixtures/receivers.ts' })
  await apply([
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: RECEIVERS } },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { 'receivers.mjs': program?.text ?? '' } },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata,
      spec: {
        containers: [
          {
            name: 'receiver',
            // Any image with Node in it.
            image: imageReference('examples'),
            imagePullPolicy: 'IfNotPresent',
            command: ['node', '/etc/receiver/receivers.mjs'],
            ports: RECEIVER_PORTS.map((containerPort) => ({ containerPort })),
            volumeMounts: [{ name: 'program', mountPath: '/etc/receiver' }]
          }
        ],
        volumes: [{ name: 'program', configMap: { name: metadata.name } }]
      }
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: {
        selector: metadata.labels,
        ports: RECEIVER_PORTS.map((port) => ({ name: `port-${port}`, port }))
      }
    }
  ])
  await kubectl(['wait', 'pod/receiver', '-n', RECEIVERS, '--for=condition=Ready', '--timeout=120s'])
}

type Arrived = { readonly page: Received } | { readonly mail: Mail }

/** What came so far, oldest first; times are texts. */
async function arrived(): Promise<Arrived[]> {
  const log = await kubectl(['logs', 'receiver', '-n', RECEIVERS])
  return log
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Arrived)
}

/** Notifications at one of the webhooks. */
export const pagesAt = async (path: string): Promise<Received[]> =>
  (await arrived()).flatMap((one) => ('page' in one && one.page.path === path ? [one.page] : []))

/** Mails, without the line breaks of quoted-printable (RFC 2045 §6.7). */
export const mails = async (): Promise<Mail[]> =>
  (await arrived()).flatMap((one) =>
    'mail' in one ? [{ ...one.mail, text: one.mail.text.replaceAll(/=\r?\n/g, '') }] : []
  )
