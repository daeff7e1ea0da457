import type { Material } from './certificate-plan.ts'
import { resource, type KubeObject, type ObjectName, type WrittenMeta } from './types.ts'

/** v1 Secret. */
export interface Secret extends KubeObject {
  readonly type?: string
  /** base64. */
  readonly data?: Readonly<Record<string, string>>
}

export const SECRETS = resource<Secret>({
  apiVersion: 'v1',
  kind: 'Secret',
  plural: 'secrets',
  namespaced: true
})

const encode = (value: string): string => Buffer.from(value).toString('base64')

const read = (secret: Secret, field: string): string | undefined => {
  const value = secret.data?.[field]
  return value === undefined || value === '' ? undefined : Buffer.from(value, 'base64').toString('utf8')
}

const pair = (secret: Secret, prefix: string): { certificate: string; key: string } | undefined => {
  const certificate = read(secret, `${prefix}.crt`)
  const key = read(secret, `${prefix}.key`)
  return certificate === undefined || key === undefined ? undefined : { certificate, key }
}

/** Undefined when something that must be there is not. Whether it is any good is not asked here. */
export const decodeSecret = (secret: Secret): Material | undefined => {
  const authority = pair(secret, 'ca')
  const serving = pair(secret, 'tls')
  if (authority === undefined || serving === undefined) return undefined
  const next = pair(secret, 'next-ca')
  const previous = read(secret, 'previous-ca.crt')
  return { authority, serving, ...(next && { next }), ...(previous !== undefined && { previous }) }
}

/** Keeps the labels and the version of what was there before. */
export const encodeSecret = (
  name: ObjectName,
  { authority, serving, next, previous }: Material,
  before: Secret | undefined
): { metadata: WrittenMeta; type: string; data: Record<string, string> } => ({
  metadata: { ...before?.metadata, ...name },
  type: before?.type ?? 'kubernetes.io/tls',
  data: {
    'ca.crt': encode(authority.certificate),
    'ca.key': encode(authority.key),
    'tls.crt': encode(serving.certificate),
    'tls.key': encode(serving.key),
    ...(next && { 'next-ca.crt': encode(next.certificate), 'next-ca.key': encode(next.key) }),
    ...(previous !== undefined && { 'previous-ca.crt': encode(previous) })
  }
})
