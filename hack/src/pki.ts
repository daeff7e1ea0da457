/** Certificates for a Kubernetes control plane (RFC 5280, ECDSA P-256). */
import { generateKeyPair, KeyObject, type webcrypto } from 'node:crypto'
import { isIP } from 'node:net'
import { promisify } from 'node:util'
// @peculiar/x509 asks for it to be there first.
import 'reflect-metadata'
import * as x509 from '@peculiar/x509'

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const HOUR = 3600_000
const YEAR = 365 * 24 * HOUR

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

export class CertificateAuthority {
  readonly cert: string
  readonly key: string
  readonly #certificate: x509.X509Certificate
  readonly #signingKey: webcrypto.CryptoKey

  private constructor(certificate: x509.X509Certificate, signingKey: webcrypto.CryptoKey) {
    this.#certificate = certificate
    this.#signingKey = signingKey
    const { cert, key } = pemPair(certificate, signingKey)
    this.cert = cert
    this.key = key
  }

  /** A new authority, whose own certificate is good for a year. */
  static async create(commonName: string): Promise<CertificateAuthority> {
    const keys = await newKeys()
    const usage = x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
      name: distinguishedName({ commonName }),
      ...validity(),
      signingAlgorithm: ALGORITHM,
      keys,
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(usage, true)
      ]
    })
    return new CertificateAuthority(certificate, keys.privateKey)
  }

  /** Issues a certificate for a year. @param names DNS names and IP addresses of a server */
  async pair(subject: Subject, purpose: Purpose, names: readonly string[] = []): Promise<Pair> {
    const keys = await newKeys()
    const extendedUsage = x509.ExtendedKeyUsage[purpose === 'server' ? 'serverAuth' : 'clientAuth']
    const certificate = await x509.X509CertificateGenerator.create({
      subject: distinguishedName(subject),
      issuer: this.#certificate.subjectName,
      ...validity(),
      signingAlgorithm: ALGORITHM,
      signingKey: this.#signingKey,
      publicKey: keys.publicKey,
      extensions: [
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([extendedUsage]),
        ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names.map(alternativeName))] : [])
      ]
    })
    return pemPair(certificate, keys.privateKey)
  }
}

/** An RSA key pair without a certificate, both PEM: for service account tokens. */
export const signingKeys = (): Promise<{ publicKey: string; privateKey: string }> =>
  promisify(generateKeyPair)('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' }
  })

const newKeys = (): Promise<webcrypto.CryptoKeyPair> =>
  crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])

function pemPair(certificate: x509.X509Certificate, privateKey: webcrypto.CryptoKey): Pair {
  const key = KeyObject.from(privateKey).export({ type: 'pkcs8', format: 'pem' })
  return { cert: `${certificate.toString('pem')}\n`, key: key.toString() }
}

/** A clock that is a little behind must not refuse it. */
function validity(): { notBefore: Date; notAfter: Date } {
  const now = Date.now()
  return { notBefore: new Date(now - HOUR), notAfter: new Date(now + YEAR) }
}

function distinguishedName({ commonName, organization }: Subject): x509.Name {
  return new x509.Name([
    ...(organization === undefined ? [] : [{ O: [{ utf8String: organization }] }]),
    { CN: [{ utf8String: commonName }] }
  ])
}

const alternativeName = (value: string): x509.JsonGeneralName => ({ type: isIP(value) ? 'ip' : 'dns', value })
