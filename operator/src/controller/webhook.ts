/** The one MutatingWebhookConfiguration: an entry for each tier, so that only pods of its workload ever call us. */
import { WEBHOOK_CONFIGURATION, type TierRef } from '@alexandrite/api'
import type {
  LabelSelector,
  Manifest,
  WebhookClientConfig,
  WebhookConfiguration,
  WebhookEntry
} from './kube.ts'

/** Where the API server finds the admission server: a Service in the cluster, or a URL outside of it. */
export type WebhookEndpoint =
  | { readonly kind: 'service'; readonly namespace: string; readonly name: string; readonly port: number }
  | { readonly kind: 'url'; readonly url: string }

/** Below this path, /NAMESPACE/NAME of the tier. */
export const INJECT_PATH = '/inject'
/** Seconds that the creation of a pod waits at most for an operator that hangs; then it goes on without. */
const TIMEOUT_SECONDS = 3

const clientConfig = (endpoint: WebhookEndpoint, path: string, caBundle: string): WebhookClientConfig => {
  if (endpoint.kind === 'url') return { url: `${endpoint.url}${path}`, caBundle }
  const { namespace, name, port } = endpoint
  return { service: { namespace, name, port, path }, caBundle }
}

/** Fully qualified, as the API demands; a namespace has no dots, so no two tiers meet. */
export const entryName = ({ namespace, name }: TierRef): string =>
  `${name}.${namespace}.tiers.alexandrite.dev`

export interface EntryOptions {
  readonly endpoint: WebhookEndpoint
  /** Base64 of the PEM certificates to trust. */
  readonly caBundle: string
}

/** The entry by which new pods that `selector` selects come to this tier. Fails open: `failurePolicy: Ignore`. */
export const webhookEntry = (tier: TierRef, selector: LabelSelector, options: EntryOptions): WebhookEntry => {
  const path = `${INJECT_PATH}/${tier.namespace}/${tier.name}`
  const rule = { operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] }
  const entry = {
    name: entryName(tier),
    clientConfig: clientConfig(options.endpoint, path, options.caBundle),
    rules: [{ ...rule, scope: 'Namespaced' }],
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': tier.namespace } },
    objectSelector: selector,
    failurePolicy: 'Ignore',
    reinvocationPolicy: 'IfNeeded',
    matchPolicy: 'Equivalent',
    sideEffects: 'None',
    timeoutSeconds: TIMEOUT_SECONDS,
    admissionReviewVersions: ['v1']
  }
  return entry
}

export const webhookConfiguration = (entries: readonly WebhookEntry[]): Manifest => {
  const webhooks = entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  const manifest = {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name: WEBHOOK_CONFIGURATION, labels: { 'app.kubernetes.io/managed-by': 'alexandrite' } },
    webhooks
  }
  return manifest
}

export const findEntry = (
  configuration: WebhookConfiguration | undefined,
  tier: TierRef
): WebhookEntry | undefined => configuration?.webhooks?.find((entry) => entry.name === entryName(tier))
