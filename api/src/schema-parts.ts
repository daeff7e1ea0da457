import Type from 'typebox'
import type { Static, TArrayOptions, TSchema, TStringOptions } from 'typebox'
import type { CelRule } from './structural.ts'

/** Bounds that keep the API server's estimate of the rules' cost low, and objects far below etcd's 1.5 MiB. */
export const LIMITS = {
  rules: 64,
  writes: 64,
  tags: 16,
  headers: 16,
  queryNames: 64,
  claims: 16,
  bindings: 16,
  /** AMQP 0-9-1 §4.2.5.3: a short string. */
  amqpName: 255,
  url: 512,
  path: 256,
  tag: 128,
  name: 63,
  headerValue: 256
} as const

interface Words {
  /** `kubectl explain` text: what the field is in HTTP terms, its unit, its default. */
  description: string
  rules?: readonly CelRule[]
}

const validations = (rules: readonly CelRule[] | undefined) =>
  rules ? { 'x-kubernetes-validations': rules } : {}

/** Gives a schema a default. The field is then always there after validation, so its type is not optional. */
export function withDefault<S extends TSchema>(schema: S, value: Static<S>): S & { default: Static<S> } {
  return Object.assign(schema, { default: value })
}

export function text({ rules, ...options }: Words & TStringOptions) {
  return Type.String({ ...options, ...validations(rules) })
}

export function list<S extends TSchema>(items: S, { rules, ...options }: Words & TArrayOptions) {
  return Type.Array(items, { ...options, ...validations(rules) })
}

export function object<P extends Record<string, TSchema>>(properties: P, { rules, ...options }: Words) {
  return Type.Object(properties, { ...options, ...validations(rules) })
}

export function choice<const V extends string>(values: readonly V[], options: Words) {
  return Type.Unsafe<V>({ type: 'string', enum: values, ...options })
}

export function flag(options: Words) {
  return withDefault(Type.Boolean({ ...options }), false)
}

export const asSet = { 'x-kubernetes-list-type': 'set' } as const
export const asList = { 'x-kubernetes-list-type': 'atomic' } as const
export const asMapOf = (key: string) =>
  ({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': [key] }) as const

/** What the API server keeps of an object's metadata; only the name and the namespace are for people to write. */
export const metadata = Type.Object({
  name: Type.String({ examples: ['mes-api'] }),
  namespace: Type.Optional(Type.String()),
  labels: Type.Optional(Type.Record(Type.String(), Type.String())),
  annotations: Type.Optional(Type.Record(Type.String(), Type.String())),
  uid: Type.Optional(Type.String()),
  resourceVersion: Type.Optional(Type.String()),
  generation: Type.Optional(Type.Integer()),
  creationTimestamp: Type.Optional(Type.String()),
  deletionTimestamp: Type.Optional(Type.String()),
  deletionGracePeriodSeconds: Type.Optional(Type.Integer()),
  finalizers: Type.Optional(Type.Array(Type.String())),
  ownerReferences: Type.Optional(Type.Array(Type.Unknown())),
  managedFields: Type.Optional(Type.Array(Type.Unknown()))
})
