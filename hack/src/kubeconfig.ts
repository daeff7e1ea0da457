/** Kubeconfig files with everything in them. */
import { stringify } from 'yaml'
import type { Pair } from './pki.ts'

export interface KubeconfigParts {
  server: string
  /** PEM of the CA that signed the server's certificate. */
  ca: string
  user: Pair
  /** Name of the cluster, the user and the context. @default alexandrite */
  name?: string
}

/** The YAML of a kubeconfig with one cluster, one user and one context. */
export function kubeconfig({ server, ca, user, name = 'alexandrite' }: KubeconfigParts): string {
  const base64 = (text: string) => Buffer.from(text).toString('base64')
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server, 'certificate-authority-data': base64(ca) } }],
    users: [
      { name, user: { 'client-certificate-data': base64(user.cert), 'client-key-data': base64(user.key) } }
    ],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name
  })
}
