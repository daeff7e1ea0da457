/** Certificates for a Kubernetes control plane, made by Node alone (RFC 5280, ECDSA P-256). */
import { createPrivateKey, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto'
import { isIPv4 } from 'node:net'
import {
  bits,
  boolean,
  explicit,
  implicit,
  integer,
  octets,
  oid,
  sequence,
  set,
  utcTime,
  utf8
} from './der.ts'

const ECDSA_WITH_SHA256 = sequence(oid('1.2.840.10045.4.3.2'))
const YEAR = 365 * 24 * 3600 * 1000

/** A certificate and its private key, both PEM. */
export interface Pair {
  cert: string
  key: string
}

export interface Subject {
  commonName: string
  /** Kubernetes reads it as the user's group. */
  organization?: string
}

export type Purpose = 'server' | 'client'

/** Key of a new pair: its private half as PEM, its public half as SubjectPublicKeyInfo. */
interface Keys {
  pem: string
  spki: Buffer
}

export class CertificateAuthority {
  readonly cert: string
  readonly key: string
  readonly #subject: Subject
  readonly #signer: KeyObject

  constructor(commonName: string) {
    const keys = newKeys()
    this.#subject = { commonName }
    this.#signer = createPrivateKey(keys.pem)
    this.key = keys.pem
    const usage = extension('2.5.29.15', bits(Buffer.from([0x06]), 1), 'critical')
    const authority = extension('2.5.29.19', sequence(boolean(true)), 'critical')
    this.cert = this.#issue(this.#subject, keys, [authority, usage])
  }

  /** Issues a certificate for a year. @param names DNS names and IPv4 addresses of a server */
  pair(subject: Subject, purpose: Purpose, names: readonly string[] = []): Pair {
    const keys = newKeys()
    const extendedUsage = oid(purpose === 'server' ? '1.3.6.1.5.5.7.3.1' : '1.3.6.1.5.5.7.3.2')
    const extensions = [
      extension('2.5.29.15', bits(Buffer.from([0x80]), 7), 'critical'),
      extension('2.5.29.37', sequence(extendedUsage)),
      ...(names.length > 0 ? [extension('2.5.29.17', sequence(...names.map(alternativeName)))] : [])
    ]
    return { cert: this.#issue(subject, keys, extensions), key: keys.pem }
  }

  #issue(subject: Subject, keys: Keys, extensions: Buffer[]): string {
    const now = Date.now()
    const body = sequence(
      explicit(0, integer(Buffer.from([2]))),
      integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
      ECDSA_WITH_SHA256,
      distinguishedName(this.#subject),
      // A clock that is a little behind must not refuse it.
      sequence(utcTime(new Date(now - 3600_000)), utcTime(new Date(now + YEAR))),
      distinguishedName(subject),
      keys.spki,
      explicit(3, sequence(...extensions))
    )
    const signature = sign('sha256', body, this.#signer)
    return pem('CERTIFICATE', sequence(body, ECDSA_WITH_SHA256, bits(signature)))
  }
}

/** A key pair without a certificate, both PEM: for service account tokens. */
export function signingKeys(): { publicKey: string; privateKey: string } {
  return generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'sec1', format: 'pem' }
  })
}

function newKeys(): Keys {
  const { publicKey, privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' }
  })
  return { pem: privateKey, spki: publicKey }
}

function distinguishedName({ commonName, organization }: Subject): Buffer {
  const part = (id: string, value: string) => set(sequence(oid(id), utf8(value)))
  return sequence(...(organization ? [part('2.5.4.10', organization)] : []), part('2.5.4.3', commonName))
}

function alternativeName(name: string): Buffer {
  if (isIPv4(name)) return implicit(7, Buffer.from(name.split('.').map(Number)))
  return implicit(2, Buffer.from(name))
}

const extension = (id: string, value: Buffer, critical?: 'critical'): Buffer =>
  sequence(oid(id), ...(critical ? [boolean(true)] : []), octets(value))

const pem = (label: string, der: Buffer): string =>
  `-----BEGIN ${label}-----\n${(der.toString('base64').match(/.{1,64}/g) ?? []).join('\n')}\n-----END ${label}-----\n`
