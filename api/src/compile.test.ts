import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { parse } from 'yaml'
import { anyManifest } from '../test/arbitrary.ts'
import { goodManifests } from '../test/good-manifests.ts'
import { compile } from './compile.ts'
import type { Policy } from './policy.ts'
import { formatProblem } from './problem.ts'
import type { CacheTier } from './schema.ts'
import { validateCacheTier } from './validate.ts'

function tierOf(value: unknown): CacheTier {
  const validated = validateCacheTier(value)
  if (!validated.ok) throw new Error(validated.problems.map(formatProblem).join('\n'))
  return validated.tier
}
const page = () => tierOf(parse(goodManifests[1]?.yaml ?? ''))
const withoutHash = ({ hash: _hash, ...rest }: Policy) => JSON.stringify(rest)
const valid = anyManifest.filter((manifest) => validateCacheTier(manifest).ok).map(tierOf)

/** The same value, every object with its keys in the opposite order. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, field]) => [name, reversed(field)])
  )
}

describe('compile', () => {
  test('yields the policy of the order page', () => {
    expect(compile(page())).toEqual({
      formatVersion: 1,
      tier: { namespace: 'default', name: 'mes-api' },
      hash: expect.stringMatching(/^[0-9a-f]{16}$/),
      rules: [
        {
          name: 'order-list',
          match: {
            methods: ['GET'],
            path: {
              source: '/api/orders',
              segments: [{ literal: 'api' }, { literal: 'orders' }],
              rest: false
            }
          },
          key: {
            query: { kind: 'Include', names: ['page', 'status'] },
            headers: ['accept-language'],
            identity: { kind: 'None', shareAuthenticated: true }
          },
          bypass: [{ name: 'x-debug' }],
          freshness: {
            ttlMs: 15_000,
            overrideOrigin: false,
            ignoreOriginProhibition: false,
            jitterRatio: 0.2,
            staleWhileRevalidateMs: 10_000,
            staleIfErrorMs: 300_000
          },
          tags: [[{ text: 'orders' }], [{ text: 'orders:status:' }, { from: 'query', name: 'status' }]]
        },
        {
          name: 'order-card',
          match: {
            methods: ['GET'],
            path: {
              source: '/api/orders/:id',
              segments: [{ literal: 'api' }, { literal: 'orders' }, { param: 'id' }],
              rest: false
            }
          },
          key: { query: { kind: 'All' }, headers: [], identity: { kind: 'Rfc' } },
          bypass: [],
          freshness: {
            ttlMs: 45_000,
            overrideOrigin: false,
            ignoreOriginProhibition: false,
            jitterRatio: 0
          },
          tags: [[{ text: 'order:' }, { from: 'path', name: 'id' }]]
        }
      ],
      onWrite: [
        {
          match: {
            methods: ['PATCH', 'POST'],
            path: {
              source: '/api/orders/:id/*',
              segments: [{ literal: 'api' }, { literal: 'orders' }, { param: 'id' }],
              rest: true
            }
          },
          tags: [[{ text: 'orders' }], [{ text: 'order:' }, { from: 'path', name: 'id' }]]
        }
      ],
      limits: {
        maxObjectBytes: 1_048_576,
        maxHeadBytes: 32_768,
        maxRequestBodyBytes: 104_857_600,
        maxConnections: 10_000,
        headTimeoutMs: 30_000,
        requestTimeoutMs: 900_000,
        idleTimeoutMs: 75_000,
        originTimeoutMs: 120_000
      },
      telemetry: { traceSampleRatio: 0.1 }
    })
  })

  test('yields who is told apart by tokens, which events count, and no name of a Secret', () => {
    const policy = compile(
      tierOf(parse(goodManifests.find(({ name }) => name.includes('in a token'))?.yaml ?? ''))
    )
    expect(policy.rules.map(({ key }) => key.identity)).toEqual([
      {
        kind: 'Jwt',
        jwksUri: 'https://login.example.com:8443/.well-known/jwks.json?tenant=a',
        issuer: 'https://login.example.com/',
        audience: 'mes-api',
        claims: ['https://example.com/shop', 'role']
      },
      { kind: 'Jwt', jwksUri: 'http://[fd00::1]:80/keys', issuer: 'me', audience: 'you', claims: [] }
    ])
    expect(policy.amqp).toEqual({
      exchange: 'orders',
      bindings: ['#', '*', 'a/b.c-d_e', 'order.*.status'],
      tags: [
        [{ text: 'order:' }, { from: 'body', name: 'order.id' }, { text: ':' }, { from: 'key', name: '12' }],
        [{ text: 'order:' }, { from: 'body', name: 'orderId' }],
        [{ text: 'orders' }]
      ]
    })
    expect(policy.telemetry).toEqual({ traceSampleRatio: 1 })
    expect(JSON.stringify(policy)).not.toContain('mes-rabbitmq')
  })

  test('is deterministic: the order of keys in the manifest does not count', () => {
    fc.assert(
      fc.property(valid, (tier) => {
        expect(JSON.stringify(compile(tierOf(reversed(tier))))).toBe(JSON.stringify(compile(tier)))
      })
    )
  })

  test('changes the hash exactly when the policy differs', () => {
    fc.assert(
      fc.property(valid, valid, (one, other) => {
        const [a, b] = [compile(one), compile(other)]
        expect(a.hash === b.hash).toBe(withoutHash(a) === withoutHash(b))
      }),
      { numRuns: 150 }
    )
  })

  test('keeps the hash when the workload or the store changes, which no proxy reads from the policy', () => {
    const before = page()
    const { spec } = before
    const after: CacheTier = {
      ...before,
      spec: { ...spec, workload: { ...spec.workload, port: 'web' }, store: { topology: 'Shared' } }
    }
    expect(compile(after)).toEqual(compile(before))
  })

  test('keeps the hash when the same thing is said in other words', () => {
    const before = page()
    const [first, ...others] = before.spec.policy.rules
    if (first === undefined) throw new Error('the manifest has no rules')
    const again = {
      ...first,
      ttl: '15000ms',
      key: { ...first.key, headers: ['accept-LANGUAGE'], query: { include: ['status', 'page'].reverse() } }
    }
    const after = { ...before, spec: { ...before.spec, policy: { rules: [again, ...others] } } }
    expect(compile(after).hash).toBe(compile(before).hash)
  })

  test('gives a tier without a namespace the namespace default', () => {
    const { spec } = page()
    const tier = tierOf({
      apiVersion: 'alexandrite.dev/v1alpha1',
      kind: 'CacheTier',
      metadata: { name: 'a' },
      spec
    })
    expect(compile(tier).tier).toEqual({ namespace: 'default', name: 'a' })
  })
})
