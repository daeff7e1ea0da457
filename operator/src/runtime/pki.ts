import type { webcrypto } from 'node:crypto'
import type { X509Certificate } from '@peculiar/x509'
import type { Milliseconds } from './types.ts'

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
/** Certificates are valid from a little in the past, for peers whose clocks are late. */
export const BACKDATED: Milliseconds = 3_600_000

/** A certificate and its private key (PKCS #8), both PEM. */
export interface KeyPair {
  readonly certificate: string
  readonly key: string
}

/** What a serving certificate is for. */
export interface ServingNames {
  readonly dnsNames: readonly string[]
  readonly ipAddresses: readonly string[]
}

/**
 * 15 MB of memory that a replica needs only when it is the one that makes certificates. The dependency tsyringe of
 * @peculiar/x509 refuses to load without reflect-metadata.
 */
const loadX509 = async () => {
  await import('reflect-metadata')
  return await import('@peculiar/x509')
}

const newKeys = (): Promise<webcrypto.CryptoKeyPair> =>
  crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])

const toPem = (bytes: ArrayBuffer): string => {
  const lines = Buffer.from(bytes).toString('base64').replace(/.{64}/g, '$&\n').trimEnd()
  return `-----BEGIN PRIVATE KEY-----\n${lines}\n-----END PRIVATE KEY-----\n`
}

const fromPem = (pem: string): Buffer => Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64')

const importKey = (key: string): Promise<webcrypto.CryptoKey> =>
  crypto.subtle.importKey('pkcs8', fromPem(key), ALGORITHM, false, ['sign'])

const pemOf = async (certificate: X509Certificate, keys: webcrypto.CryptoKeyPair): Promise<KeyPair> => ({
  certificate: `${certificate.toString('pem')}\n`,
  key: toPem(await crypto.subtle.exportKey('pkcs8', keys.privateKey))
})

/** A new certificate authority (RFC 5280), ECDSA P-256. */
export const createAuthority = async (now: Milliseconds, lifetime: Milliseconds): Promise<KeyPair> => {
  const x509 = await loadX509()
  const keys = await newKeys()
  const usage = x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=alexandrite admission CA ${new Date(now).toISOString()}`,
    notBefore: new Date(now - BACKDATED),
    notAfter: new Date(now + lifetime),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(usage, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey)
    ]
  })
  return await pemOf(certificate, keys)
}

/** A serving certificate signed by `authority`, which it never outlives. */
export const createServing = async (
  authority: KeyPair,
  names: ServingNames,
  times: { readonly now: Milliseconds; readonly lifetime: Milliseconds }
): Promise<KeyPair> => {
  const x509 = await loadX509()
  const issuer = new x509.X509Certificate(authority.certificate)
  const keys = await newKeys()
  const notAfter = new Date(Math.min(times.now + times.lifetime, issuer.notAfter.getTime()))
  const certificate = await x509.X509CertificateGenerator.create({
    subject: `CN=${(names.dnsNames[0] ?? 'alexandrite admission').slice(0, 64)}`,
    issuer: issuer.subject,
    notBefore: new Date(times.now - BACKDATED),
    notAfter,
    signingAlgorithm: ALGORITHM,
    signingKey: await importKey(authority.key),
    publicKey: keys.publicKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([
        ...names.dnsNames.map((value) => ({ type: 'dns' as const, value })),
        ...names.ipAddresses.map((value) => ({ type: 'ip' as const, value }))
      ]),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey)
    ]
  })
  return await pemOf(certificate, keys)
}
