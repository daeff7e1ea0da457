import { createPrivateKey, X509Certificate } from 'node:crypto'
import { BACKDATED, type KeyPair, type ServingNames } from './pki.ts'
import type { Milliseconds } from './types.ts'

/** All that the replicas share. */
export interface Material {
  /** Signs the serving certificate. */
  readonly authority: KeyPair
  readonly serving: KeyPair
  /** Already trusted, not yet used: becomes the authority when everybody has had time to learn of it. */
  readonly next?: KeyPair
  /** No longer used, still trusted. PEM. */
  readonly previous?: string
}

/** How long things live. */
export interface Lifetimes {
  /** Default 1 year. */
  readonly authority: Milliseconds
  /** Default 90 days. */
  readonly serving: Milliseconds
  /** How long a new authority is trusted before it is used, and an old one after. Default 1 h. */
  readonly overlap: Milliseconds
}

const DAY: Milliseconds = 86_400_000
export const LIFETIMES: Lifetimes = { authority: 365 * DAY, serving: 90 * DAY, overlap: 3_600_000 }

/** What to do to the material now; `rest` until something is due. */
export type Step =
  | { readonly step: 'create' | 'renew' | 'stage' | 'promote' | 'retire' }
  | { readonly step: 'rest'; readonly until: Milliseconds }

/** Two thirds of a life leave a third for whatever goes wrong with the renewal. */
const renewalOf = (certificate: X509Certificate): Milliseconds => {
  const from = certificate.validFromDate.getTime()
  return from + ((certificate.validToDate.getTime() - from) * 2) / 3
}

const createdAt = (certificate: X509Certificate): Milliseconds =>
  certificate.validFromDate.getTime() + BACKDATED

const isAlive = (certificate: X509Certificate, now: Milliseconds): boolean =>
  certificate.validToDate.getTime() > now

const matches = (pair: KeyPair, certificate: X509Certificate): boolean =>
  certificate.checkPrivateKey(createPrivateKey(pair.key))

const covers = (certificate: X509Certificate, names: ServingNames): boolean =>
  names.dnsNames.every((name) => certificate.checkHost(name) !== undefined) &&
  names.ipAddresses.every((address) => certificate.checkIP(address) !== undefined)

interface Parsed {
  readonly authority: X509Certificate
  readonly serving: X509Certificate
  readonly next: X509Certificate | undefined
  readonly hasPrevious: boolean
}

/** Undefined when anything is not what it should be: such material is replaced. */
const parse = (material: Material): Parsed | undefined => {
  try {
    const authority = new X509Certificate(material.authority.certificate)
    const serving = new X509Certificate(material.serving.certificate)
    const next = material.next && new X509Certificate(material.next.certificate)
    if (!matches(material.authority, authority) || !matches(material.serving, serving)) return undefined
    if (material.next && next && !matches(material.next, next)) return undefined
    if (material.previous !== undefined) new X509Certificate(material.previous)
    return { authority, serving, next, hasPrevious: material.previous !== undefined }
  } catch {
    return undefined // Not PEM, or not a key: somebody edited the Secret.
  }
}

const isSound = (parsed: Parsed, names: ServingNames, now: Milliseconds): boolean =>
  isAlive(parsed.serving, now) &&
  covers(parsed.serving, names) &&
  parsed.serving.verify(parsed.authority.publicKey)

const rest = (parsed: Parsed, lifetimes: Lifetimes): Step => {
  const times = [
    renewalOf(parsed.serving),
    parsed.next ? createdAt(parsed.next) + lifetimes.overlap : renewalOf(parsed.authority),
    ...(parsed.hasPrevious ? [createdAt(parsed.serving) + lifetimes.overlap] : [])
  ]
  return { step: 'rest', until: Math.min(...times) }
}

interface Moment {
  readonly now: Milliseconds
  readonly lifetimes: Lifetimes
}

/** What the authorities need; undefined: nothing now. */
const authorityStep = ({ authority, next }: Parsed, { now, lifetimes }: Moment): Step | undefined => {
  if (!isAlive(authority, now)) return { step: next && isAlive(next, now) ? 'promote' : 'create' }
  if (next) return now >= createdAt(next) + lifetimes.overlap ? { step: 'promote' } : undefined
  return now >= renewalOf(authority) ? { step: 'stage' } : undefined
}

/**
 * The next step of the rotation. An authority is replaced in three: `stage` puts the new one into the bundle,
 * `promote` serves by it an overlap later, `retire` takes the old one out another overlap later; at no moment
 * does a client that is at most one overlap behind meet a certificate it does not trust.
 */
export const nextStep = (material: Material | undefined, names: ServingNames, moment: Moment): Step => {
  const { now, lifetimes } = moment
  const parsed = material && parse(material)
  if (parsed === undefined) return { step: 'create' }
  const step = authorityStep(parsed, moment)
  if (step !== undefined) return step
  if (!isSound(parsed, names, now) || now >= renewalOf(parsed.serving)) return { step: 'renew' }
  if (parsed.hasPrevious && now >= createdAt(parsed.serving) + lifetimes.overlap) return { step: 'retire' }
  return rest(parsed, lifetimes)
}

/** PEM of all that is to be trusted. */
export const bundleOf = ({ authority, next, previous }: Material): string =>
  [authority.certificate, next?.certificate, previous].filter((pem) => pem !== undefined).join('')

/** When the serving certificate ends. */
export const expiryOf = (material: Material): Milliseconds =>
  new X509Certificate(material.serving.certificate).validToDate.getTime()
