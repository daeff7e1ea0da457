import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { select } from './answer.ts'
import { classify } from './classify.ts'
import { freshened } from './conditional.ts'
import { decide } from './decide.ts'
import { factsOf } from './facts.ts'
import { hasHeader } from './headers.ts'
import type { StoredHead } from './message.ts'
import { kept, storability } from './storable.ts'

/** What must hold whatever an origin and a client say, where no rule speaks. */

const NOW = Date.parse('Sun, 22 Nov 2026 12:00:00 GMT')
const date = fc.integer({ min: -3600, max: 3600 }).map((s) => new Date(NOW + s * 1000).toUTCString())
const seconds = fc.constantFrom('0', '1', '60', '3600', '-1', 'x', '99999999999')
const directive = fc.oneof(
  fc.constantFrom('no-store', 'no-cache', 'private', 'public', 'must-revalidate', 'proxy-revalidate'),
  fc.constantFrom('no-cache="set-cookie"', 'private="x-secret"', 'must-understand', 'foo', 'foo="no-store"'),
  fc
    .tuple(fc.constantFrom('max-age', 's-maxage', 'stale-while-revalidate', 'stale-if-error'), seconds)
    .map(([name, value]) => `${name}=${value}`)
)
const directives = fc.array(directive, { maxLength: 4 }).map((all) => all.join(', '))
const field = fc.oneof(
  fc.tuple(fc.constantFrom('Cache-Control', 'CDN-Cache-Control'), directives),
  fc.tuple(fc.constantFrom('Date', 'Expires', 'Last-Modified'), date),
  fc.tuple(fc.constant('Age'), seconds),
  fc.tuple(fc.constant('Vary'), fc.constantFrom('*', 'Accept', 'Accept, *', '')),
  fc.tuple(fc.constantFrom('ETag', 'Set-Cookie', 'X-Secret', 'Proxy-Authenticate'), fc.constant('"a"'))
)
const headers = fc.array(field, { maxLength: 7 }).map((fields) => fields.flat())
const head: fc.Arbitrary<StoredHead> = fc.record({
  status: fc.constantFrom(200, 200, 200, 203, 204, 206, 301, 304, 403, 404, 416, 500, 503, 599),
  statusText: fc.constant(''),
  headers,
  requestedAt: fc.constant(NOW),
  receivedAt: fc.constant(NOW),
  jitter: fc.constant(0)
})
const requestDirective = fc.oneof(
  fc.constantFrom('no-cache', 'only-if-cached', 'max-stale', 'foo'),
  fc.tuple(fc.constantFrom('max-age', 'min-fresh', 'max-stale'), seconds).map((pair) => pair.join('='))
)
const request = fc
  .record({
    method: fc.constantFrom('GET', 'HEAD'),
    fields: fc.array(
      fc.oneof(
        fc.tuple(fc.constant('Cache-Control'), requestDirective),
        fc.tuple(fc.constantFrom('Authorization', 'Cookie', 'X-Api-Key'), fc.constant('secret')),
        fc.tuple(fc.constant('Range'), fc.constantFrom('bytes=0-1', 'bytes=-1', 'bytes=9-', 'x')),
        fc.tuple(fc.constant('If-None-Match'), fc.constantFrom('"a"', '"b"', '*'))
      ),
      { maxLength: 4 }
    )
  })
  .map(({ method, fields }) => ({ method, target: '/a', headers: fields.flat() }))
const later = fc.integer({ min: 0, max: 7_200_000 })

const RUNS = { numRuns: 3000 }

const says = (stored: StoredHead, names: readonly string[]): boolean =>
  names.some((name) => factsOf(stored).directives.has(name))

/** Why the answer must not have been given to this request at that age, or undefined. */
const objection = (
  stored: StoredHead,
  asked: { readonly headers: readonly string[] },
  freshForMs: number
): string | undefined => {
  const { privateToOne, vary, alwaysValidate } = factsOf(stored)
  const forbidden: [string, boolean][] = [
    ['private', privateToOne],
    ['no-cache', alwaysValidate],
    ['Vary: *', vary.includes('*')],
    ['no-store', says(stored, ['no-store']) && !says(stored, ['must-understand'])],
    [
      'Authorization',
      hasHeader(asked.headers, 'authorization') && !says(stored, ['public', 's-maxage', 'must-revalidate'])
    ],
    ['stale', freshForMs <= 0 && says(stored, ['must-revalidate', 'proxy-revalidate', 's-maxage'])],
    [
      'stale, and nobody allowed it',
      freshForMs <= 0 &&
        !says(stored, ['stale-while-revalidate']) &&
        !asked.headers.join().includes('max-stale')
    ]
  ]
  return forbidden.find(([, is]) => is)?.[0]
}

describe('whatever is said', () => {
  test('an answer from the store was storable, is fresh or may be stale, and is for this client', () => {
    fc.assert(
      fc.property(head, request, later, (stored, asked, ms) => {
        const found = classify(asked, undefined)
        if (found.kind === 'Pass') return
        const decision = decide(asked, found, stored, NOW + ms)
        if (decision.kind !== 'Serve' && decision.kind !== 'ServeAndRenew') return
        expect(objection(stored, asked, decision.freshForMs)).toBeUndefined()
        expect(Number.isFinite(decision.ageMs) && decision.ageMs >= ms).toBe(true)
      }),
      RUNS
    )
  })

  test('nothing that is for one client or one hop is kept, also not after a 304', () => {
    fc.assert(
      fc.property(head, head, (stored, answer) => {
        for (const { headers: left } of [kept(stored), freshened(kept(stored), answer, answer)]) {
          expect(hasHeader(left, 'set-cookie') || hasHeader(left, 'proxy-authenticate')).toBe(false)
        }
        const named = (factsOf(stored).directives.get('private') ?? '').includes('x-secret')
        if (named && !factsOf(stored).privateToOne)
          expect(hasHeader(kept(stored).headers, 'x-secret')).toBe(false)
      }),
      RUNS
    )
  })

  test('a verdict is the same when it is asked for again, and for an equal head', () => {
    fc.assert(
      fc.property(head, fc.boolean(), fc.boolean(), (stored, authorization, cookie) => {
        const verdict = storability(stored, undefined, { authorization, cookie })
        expect(storability(stored, undefined, { authorization, cookie })).toEqual(verdict)
        expect(storability({ ...stored }, undefined, { authorization, cookie })).toEqual(verdict)
      }),
      RUNS
    )
  })

  test('what is selected of a body lies within it', () => {
    fc.assert(
      fc.property(head, request, fc.nat(20), (stored, asked, length) => {
        const selection = select(asked, stored, length)
        if (selection.kind !== 'Part') return
        expect(selection.from >= 0 && selection.from < selection.to && selection.to <= length).toBe(true)
      }),
      RUNS
    )
  })
})
