import './reflect-metadata.ts'
import type { webcrypto } from 'node:crypto'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator
} from '@peculiar/x509'
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

interface Validity {
  readonly notBefore: Date
  readonly notAfter: Date
}

const validity = (now: Milliseconds, lifetime: Milliseconds): Validity => ({
  notBefore: new Date(now - BACKDATED),
  notAfter: new Date(now + lifetime)
})

const newKeys = (): Promise<webcrypto.CryptoKeyPair> =>
  crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])

const exportKey = async (key: webcrypto.CryptoKey): Promise<string> =>
  PemConverter.encode(await crypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')

const importKey = (key: string): Promise<webcrypto.CryptoKey> =>
  crypto.subtle.importKey('pkcs8', PemConverter.decodeFirst(key), ALGORITHM, false, ['sign'])

const pemOf = async (certificate: X509Certificate, keys: webcrypto.CryptoKeyPair): Promise<KeyPair> => ({
  certificate: `${certificate.toString('pem')}\n`,
  key: `${await exportKey(keys.privateKey)}\n`
})

/** A new certificate authority (RFC 5280), ECDSA P-256. */
export const createAuthority = async (now: Milliseconds, lifetime: Milliseconds): Promise<KeyPair> => {
  const keys = await newKeys()
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: `CN=alexandrite admission CA ${new Date(now).toISOString()}`,
    ...validity(now, lifetime),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey)
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
  const issuer = new X509Certificate(authority.certificate)
  const keys = await newKeys()
  const { notBefore, notAfter } = validity(times.now, times.lifetime)
  const certificate = await X509CertificateGenerator.create({
    subject: `CN=${(names.dnsNames[0] ?? 'alexandrite admission').slice(0, 64)}`,
    issuer: issuer.subject,
    notBefore,
    notAfter: notAfter < issuer.notAfter ? notAfter : issuer.notAfter,
    signingAlgorithm: ALGORITHM,
    signingKey: await importKey(authority.key),
    publicKey: keys.publicKey,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension([
        ...names.dnsNames.map((value) => ({ type: 'dns' as const, value })),
        ...names.ipAddresses.map((value) => ({ type: 'ip' as const, value }))
      ]),
      await AuthorityKeyIdentifierExtension.create(issuer.publicKey),
      await SubjectKeyIdentifierExtension.create(keys.publicKey)
    ]
  })
  return await pemOf(certificate, keys)
}
