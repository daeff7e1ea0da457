import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { Webhook } from 'standardwebhooks'
import { parseCallback } from './callback.ts'
import { signatureOf, signingKey, TOLERANCE_SECONDS, verifyCall } from './signature.ts'
import type { Call } from './signature.ts'

const NOW = 1_780_000_000
const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const KEY = signingKey('north', SECRET)
const BODY = Buffer.from('{"type":"parcel.accepted"}')

const signed = (change: Readonly<Record<string, string | undefined>> = {}, body = BODY): Call => ({
  headers: {
    'webhook-id': 'msg_1',
    'webhook-timestamp': String(NOW),
    'webhook-signature': signatureOf(KEY, 'msg_1', NOW, BODY),
    ...change
  },
  body
})
const at = (sentAt: number): Call =>
  signed({
    'webhook-timestamp': String(sentAt),
    'webhook-signature': signatureOf(KEY, 'msg_1', sentAt, BODY)
  })

describe('a call', () => {
  it('that is signed and fresh is genuine', () => {
    expect(verifyCall(signed(), [KEY], NOW)).toEqual({
      kind: 'Genuine',
      id: 'msg_1',
      sentAt: NOW,
      carrier: 'north'
    })
  })

  it('signed by the reference library of the standard is genuine, and the other way round', () => {
    const reference = new Webhook(SECRET)
    const theirs = reference.sign('msg_1', new Date(NOW * 1000), BODY.toString())
    expect(theirs).toBe(signatureOf(KEY, 'msg_1', NOW, BODY))
    expect(verifyCall(signed({ 'webhook-signature': theirs }), [KEY], NOW)).toMatchObject({ kind: 'Genuine' })
  })

  it('with signatures of several keys and versions counts when one is right', () => {
    const old = signingKey('north', `whsec_${Buffer.alloc(24, 1).toString('base64')}`)
    const header = `v2,abc ${signatureOf(old, 'msg_1', NOW, BODY)} ${signatureOf(KEY, 'msg_1', NOW, BODY)}`
    expect(verifyCall(signed({ 'webhook-signature': header }), [KEY], NOW)).toMatchObject({ kind: 'Genuine' })
  })

  it.each([
    ['without an id', signed({ 'webhook-id': undefined }), 'header_missing'],
    ['with an empty time', signed({ 'webhook-timestamp': '' }), 'header_missing'],
    ['with an id of strange letters', signed({ 'webhook-id': 'a b' }), 'header_malformed'],
    ['with a time in words', signed({ 'webhook-timestamp': 'now' }), 'header_malformed'],
    [
      'with a signature of another version only',
      signed({ 'webhook-signature': 'v2,abc' }),
      'header_malformed'
    ],
    ['with another body', signed({}, Buffer.from('{}')), 'signature_wrong'],
    ['with another id', signed({ 'webhook-id': 'msg_2' }), 'signature_wrong'],
    ['with another time', signed({ 'webhook-timestamp': String(NOW + 1) }), 'signature_wrong'],
    ['signed too long ago', at(NOW - TOLERANCE_SECONDS - 1), 'expired'],
    ['signed in the future', at(NOW + TOLERANCE_SECONDS + 1), 'from_the_future']
  ])('%s is refused', (_, call, reason) => {
    expect(verifyCall(call, [KEY], NOW)).toMatchObject({ kind: 'Refused', reason })
  })

  it.each([NOW - TOLERANCE_SECONDS, NOW + TOLERANCE_SECONDS])('signed at the bound %i is taken', (sentAt) => {
    expect(verifyCall(at(sentAt), [KEY], NOW).kind).toBe('Genuine')
  })

  it('with whatever in its headers is refused in a sentence that repeats none of it, and never throws', () => {
    const header = fc.oneof(fc.string({ maxLength: 200 }), fc.constant(undefined), fc.array(fc.string()))
    fc.assert(
      fc.property(header, header, header, fc.uint8Array(), (id, time, signature, body) => {
        const headers = { 'webhook-id': id, 'webhook-timestamp': time, 'webhook-signature': signature }
        const verdict = verifyCall({ headers, body: Buffer.from(body) }, [KEY], NOW)
        expect(verdict.kind).toBe('Refused')
      })
    )
  })

  it('of which any one byte was changed on its way is refused', () => {
    fc.assert(
      fc.property(fc.nat(BODY.length - 1), fc.integer({ min: 1, max: 255 }), (place, change) => {
        const body = Buffer.from(BODY)
        body[place] = (body[place] ?? 0) ^ change
        expect(verifyCall(signed({}, body), [KEY], NOW)).toMatchObject({ reason: 'signature_wrong' })
      })
    )
  })
})

describe('a key', () => {
  it.each(['secret', 'whsec_', 'whsec_YWJj', `whsec_${'!'.repeat(40)}`])(
    '%s is refused without being repeated',
    (secret) => {
      expect(() => signingKey('north', secret)).toThrow('the key of north is no whsec_')
    }
  )
})

describe('what a carrier says', () => {
  const body = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))
  const accepted = (data: object, type = 'parcel.accepted') =>
    parseCallback(body({ type, data: { orderId: 17, occurredAt: '2026-11-30T12:00:00Z', ...data } }), LATER)
  const LATER = Date.parse('2026-11-30T12:00:10Z')

  it('names an order and a moment', () => {
    expect(accepted({ driver: 'nobody asks' })).toEqual({
      kind: 'Callback',
      type: 'parcel.accepted',
      orderId: 17,
      occurredAt: Date.parse('2026-11-30T12:00:00Z')
    })
  })

  it.each([
    ['no JSON', parseCallback(Buffer.from('{'), LATER), 'body_malformed', 'body'],
    ['bytes that are no text', parseCallback(Buffer.from([0xff]), LATER), 'body_malformed', 'body'],
    ['a list', parseCallback(body([]), LATER), 'body_malformed', 'body'],
    ['an unknown type', accepted({}, 'parcel.eaten'), 'type_unknown', 'type'],
    ['no data', parseCallback(body({ type: 'parcel.accepted' }), LATER), 'body_malformed', 'data'],
    ['an order in words', accepted({ orderId: '17' }), 'body_malformed', 'data.orderId'],
    ['a local time', accepted({ occurredAt: '2026-11-30T12:00:00' }), 'body_malformed', 'data.occurredAt'],
    [
      'a day that is none',
      accepted({ occurredAt: '2026-13-30T12:00:00Z' }),
      'body_malformed',
      'data.occurredAt'
    ],
    ['the future', accepted({ occurredAt: '2026-11-30T13:00:00Z' }), 'time_impossible', 'data.occurredAt']
  ])('with %s is refused by the name of its field', (_, verdict, reason, field) => {
    expect(verdict).toMatchObject({ reason, sentence: expect.stringContaining(`${field}: `) })
  })

  it('never throws, whatever is sent', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.json().map((text) => Buffer.from(text))
        ),
        (bytes) => {
          expect(['Callback', 'Refused']).toContain(parseCallback(Buffer.from(bytes), LATER).kind)
        }
      )
    )
  })
})
