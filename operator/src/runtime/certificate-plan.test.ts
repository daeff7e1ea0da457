import { X509Certificate } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { bundleOf, expiryOf, LIFETIMES, nextStep, type Material } from './certificate-plan.ts'
import { decodeSecret, encodeSecret } from './certificate-secret.ts'
import { performStep } from './certificate-steps.ts'
import { createAuthority, createServing } from './pki.ts'

const START = Date.UTC(2026, 0, 1)
const HOUR = 3_600_000
const DAY = 24 * HOUR
const names = { dnsNames: ['operator.alexandrite-system.svc'], ipAddresses: ['127.0.0.1', '::1'] }

const step = (material: Material | undefined, now: number): string =>
  nextStep(material, names, { now, lifetimes: LIFETIMES }).step

const make = (now = START): Promise<Material> =>
  performStep({ step: 'create' }, undefined, { names, now, lifetimes: LIFETIMES })

const certificates = (pem: string): X509Certificate[] =>
  pem
    .split(/(?<=-----END CERTIFICATE-----\n)/)
    .filter((part) => part.trim() !== '')
    .map((part) => new X509Certificate(part))

/** Would a client that trusts the bundle accept the certificate at that time? */
const trusts = (bundle: string, serving: string, now: number): boolean => {
  const leaf = new X509Certificate(serving)
  const alive = (each: X509Certificate): boolean =>
    each.validFromDate.getTime() <= now && now < each.validToDate.getTime()
  return (
    alive(leaf) &&
    certificates(bundle).some((ca) => alive(ca) && leaf.checkIssued(ca) && leaf.verify(ca.publicKey))
  )
}

test('a new certificate says what it must, and rests for 60 days', async () => {
  const material = await make()
  const leaf = new X509Certificate(material.serving.certificate)
  expect(leaf.subjectAltName).toBe(
    'DNS:operator.alexandrite-system.svc, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1'
  )
  expect(leaf.ca).toBe(false)
  expect(new X509Certificate(material.authority.certificate).ca).toBe(true)
  expect(expiryOf(material)).toBe(START + 90 * DAY)
  const next = nextStep(material, names, { now: START, lifetimes: LIFETIMES })
  expect(next.step === 'rest' && Math.round((next.until - START) / DAY)).toBe(60)
})

test('through nearly four years of rotation, nobody one overlap behind ever meets what he does not trust', async () => {
  let material: Material | undefined
  let now = START
  const steps: string[] = []
  /** Bundles with the time until which somebody may still use them. */
  let bundles: { pem: string; until: number }[] = []
  while (now < START + 1_400 * DAY) {
    const next = nextStep(material, names, { now, lifetimes: LIFETIMES })
    if (next.step === 'rest') {
      expect(next.until).toBeGreaterThan(now)
      now = next.until
      continue
    }
    if (material) {
      const until = now + LIFETIMES.overlap - 1
      bundles = [...bundles.filter((bundle) => bundle.until >= now), { pem: bundleOf(material), until }]
    }
    const before: Material | undefined = material
    material = await performStep(next, material, { names, now, lifetimes: LIFETIMES })
    steps.push(next.step)
    for (const { pem } of bundles) expect(trusts(pem, material.serving.certificate, now)).toBe(true)
    // A replica that has not heard yet serves with the old certificate to clients with the new bundle.
    if (before) expect(trusts(bundleOf(material), before.serving.certificate, now)).toBe(true)
  }
  const count = (name: string): number => steps.filter((each) => each === name).length
  expect([count('create'), count('stage'), count('promote'), count('retire')]).toEqual([1, 5, 5, 5])
  expect(count('renew')).toBeGreaterThan(15)
})

describe('material that', () => {
  test('is missing is made', () => expect(step(undefined, START)).toBe('create'))

  test('somebody edited is made anew', async () => {
    const material = await make()
    const other = await createAuthority(START, DAY)
    expect(step({ ...material, authority: { ...material.authority, key: other.key } }, START)).toBe('create')
    expect(step({ ...material, serving: { certificate: 'x', key: 'y' } }, START)).toBe('create')
    expect(step({ ...material, previous: 'garbage' }, START)).toBe('create')
  })

  test('lacks a name, or is signed by somebody else, is renewed', async () => {
    const material = await make()
    const more = { ...names, dnsNames: [...names.dnsNames, 'other.svc'] }
    expect(nextStep(material, more, { now: START, lifetimes: LIFETIMES }).step).toBe('renew')
    const foreign = await createServing(await createAuthority(START, DAY), names, {
      now: START,
      lifetime: DAY
    })
    expect(step({ ...material, serving: foreign }, START)).toBe('renew')
  })

  test('slept through its renewal is renewed, and through its end made anew', async () => {
    const material = await make()
    expect(step(material, START + 100 * DAY)).toBe('renew')
    expect(step(material, START + 366 * DAY)).toBe('create')
  })

  test('has a staged authority uses it at once when the old one is dead', async () => {
    const material = { ...(await make()), next: await createAuthority(START + 364.99 * DAY, DAY) }
    expect(step(material, START + 365 * DAY)).toBe('promote')
  })
})

test('a Secret keeps everything, and what was there besides', async () => {
  const material: Material = { ...(await make()), next: await createAuthority(START, DAY), previous: 'old\n' }
  const name = { name: 's', namespace: 'n' }
  const metadata = { ...name, uid: 'u', resourceVersion: '7', labels: { keep: 'me' } }
  const secret = encodeSecret(name, material, { metadata })
  expect(secret.metadata).toEqual(metadata)
  expect(decodeSecret({ metadata, data: secret.data })).toEqual(material)
  expect(decodeSecret({ metadata, data: { 'tls.crt': '' } })).toBeUndefined()
})
