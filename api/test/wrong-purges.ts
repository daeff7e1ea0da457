import type { Refusal, WrongManifest } from './wrong-manifests.ts'
import { statusOf } from './wrong-manifests.ts'

interface Row {
  readonly name: string
  /** The spec as one YAML value. */
  readonly spec: string
  readonly local: readonly string[]
  readonly server: string
  /** @default rule */
  readonly refusal?: Refusal
}

const ONE =
  'has none or more than one of keys, tags and all: give exactly one: keys: [/api/orders], tags: [orders] or all: true'
const KEY =
  'is not the path of a request: write it from the root with its query, percent-encoded, such as /api/orders?status=NEW'

const rows: readonly Row[] = [
  {
    name: 'nothing to purge',
    spec: '{tierRef: {name: mes-api}}',
    local: [`spec: ${ONE}`],
    server: `spec: Invalid value: ${ONE}`
  },
  {
    name: 'two things to purge',
    spec: '{tierRef: {name: mes-api}, tags: [orders], all: true}',
    local: [`spec: ${ONE}`],
    server: `spec: Invalid value: ${ONE}`
  },
  {
    name: 'all that is false',
    spec: '{tierRef: {name: mes-api}, all: false}',
    local: ['spec.all: is false: write all: true, or take it out and give keys or tags'],
    server: 'spec.all: Invalid value: false: is false: write all: true, or take it out and give keys or tags'
  },
  {
    name: 'no tier',
    spec: '{all: true}',
    local: ['spec.tierRef: is missing: add it'],
    server: 'spec.tierRef: Required value',
    refusal: 'shape'
  },
  {
    name: 'a tier with a name that none has',
    spec: '{tierRef: {name: MES_API}, all: true}',
    local: [
      'spec.tierRef.name: is not the name of an object: use lower-case letters, digits, hyphens and dots, beginning and ending with a letter or digit'
    ],
    server:
      'spec.tierRef.name: Invalid value: "MES_API": is not the name of an object: use lower-case letters, digits, hyphens and dots, beginning and ending with a letter or digit'
  },
  {
    name: 'a key that is a whole URL',
    spec: '{tierRef: {name: mes-api}, keys: ["http://mes/api/orders"]}',
    local: [`spec.keys[0]: ${KEY}`],
    server: `spec.keys[0]: Invalid value: "http://mes/api/orders": ${KEY}`
  },
  {
    name: 'a key with a blank',
    spec: '{tierRef: {name: mes-api}, keys: [/api/orders, /api/new orders]}',
    local: [`spec.keys[1]: ${KEY}`],
    server: `spec.keys[1]: Invalid value: "/api/new orders": ${KEY}`
  },
  {
    name: 'no keys',
    spec: '{tierRef: {name: mes-api}, keys: []}',
    local: ['spec.keys: is an empty list: add an entry, such as ["/api/orders?status=NEW"], or take it out'],
    server: 'spec.keys: Invalid value: 0: spec.keys in body should have at least 1 items'
  },
  {
    name: 'a tag that is a template',
    spec: '{tierRef: {name: mes-api}, tags: ["order:{path.id}"]}',
    local: ['spec.tags[0]: is a template: write the tag itself, such as order:42'],
    server:
      'spec.tags[0]: Invalid value: "order:{path.id}": is a template: write the tag itself, such as order:42'
  },
  {
    name: 'a time after the end that is longer than a week',
    spec: '{tierRef: {name: mes-api}, all: true, ttlSecondsAfterFinished: 604801}',
    local: ['spec.ttlSecondsAfterFinished: is not between 0 and 604800: write whole seconds, such as 3600'],
    server:
      'spec.ttlSecondsAfterFinished: Invalid value: 604801: is not between 0 and 604800: write whole seconds, such as 3600'
  },
  {
    name: 'no time to do it',
    spec: '{tierRef: {name: mes-api}, all: true, activeDeadlineSeconds: 0}',
    local: ['spec.activeDeadlineSeconds: is not between 1 and 86400: write whole seconds, such as 300'],
    server:
      'spec.activeDeadlineSeconds: Invalid value: 0: is not between 1 and 86400: write whole seconds, such as 300'
  },
  {
    name: 'a misspelt field',
    spec: '{tierRef: {name: mes-api}, tag: [orders]}',
    local: ['spec.tag: is not a known field: did you mean tags?'],
    server: 'strict decoding error: unknown field "spec.tag"',
    refusal: 'unread'
  }
]

/** Wrong purges, and exactly what a user reads at both doors. */
export const WRONG_PURGES: readonly WrongManifest[] = rows.map(({ name, spec, local, server, refusal }) => ({
  name,
  yaml: purgeOf(spec),
  local,
  serverMessage: server,
  status: statusOf(server, refusal ?? 'rule', 'new-prices', 'CachePurge')
}))

/** YAML of a purge with this spec. */
export function purgeOf(spec: string, name = 'new-prices'): string {
  return [
    'apiVersion: alexandrite.dev/v1alpha1',
    'kind: CachePurge',
    `metadata: {name: ${name}, namespace: default}`,
    `spec: ${spec}`,
    ''
  ].join('\n')
}

/** Good purges: accepted at both doors, with equal defaults. */
export const GOOD_PURGES: readonly (readonly [string, string])[] = [
  ['everything', purgeOf('{tierRef: {name: mes-api}, all: true}')],
  ['keys', purgeOf('{tierRef: {name: mes-api}, keys: [/, "/api/orders?status=NEW&tag=%20", "/a/[b]"]}')],
  [
    'tags, with both times',
    purgeOf(
      '{tierRef: {name: mes-api}, tags: ["order:42", "Größe {L}"], ttlSecondsAfterFinished: 0, activeDeadlineSeconds: 86400}'
    )
  ],
  ['fields that are null', purgeOf('{tierRef: {name: mes-api}, all: true, keys: null, tags: null}')]
]
