import { compile, parseCacheTiers } from '@alexandrite/api'
import { describe, expect, test } from '@jest/globals'
import { parsePolicy } from './parse-policy.ts'

const TIER = `
apiVersion: alexandrite.dev/v1alpha1
kind: CacheTier
metadata: {name: mes-api, namespace: mes}
spec:
  workload: {name: mes-api, port: http}
  policy:
    rules:
      - name: mine
        match: {path: "/api/mine/:id"}
        key: {identity: {type: Jwt, jwt: {jwksUri: "http://login/keys", issuer: me, audience: you, claims: [role]}}}
        ttl: 10s
        tags: ["mine:{path.id}"]
  invalidation:
    onWrite: [{match: {path: /api/mine}, tags: [mine]}]
    amqp:
      secretRef: {name: mq, key: url}
      exchange: orders
      bindings: ["order.*.status"]
      tags: ["order:{body.orderId}", "{key.1}"]
  telemetry: {traceSampleRatio: 0.5}
`
const policy = () => {
  const [tier] = parseCacheTiers(TIER, 'tier.yaml').tiers
  if (!tier) throw new Error('the tier is not valid')
  return compile(tier)
}
const changed = (change: object): string => JSON.stringify({ ...policy(), ...change })

describe('a policy document', () => {
  test('is read as it was compiled', () => {
    expect(parsePolicy(JSON.stringify(policy()))).toEqual(policy())
  })

  test('of an operator that knew no events, no traces and one limit is read as well', () => {
    const { amqp: _amqp, telemetry: _telemetry, limits, ...rest } = policy()
    const older = { ...rest, limits: { maxObjectBytes: limits.maxObjectBytes } }
    expect(parsePolicy(JSON.stringify(older))).toEqual(older)
  })

  test.each([
    ['amqp', { amqp: 'yes' }, 'amqp must be an object'],
    ['an exchange', { amqp: { bindings: [], tags: [] } }, 'amqp.exchange must be a string'],
    ['bindings', { amqp: { exchange: 'a', bindings: [1], tags: [] } }, 'amqp.bindings must be a string'],
    ['tags', { amqp: { exchange: 'a', bindings: [], tags: ['a'] } }, 'amqp.tags must be a list'],
    ['a limit', { limits: { maxObjectBytes: 1, maxConnections: 'many' } }, 'limits.maxConnections must be'],
    ['no time at all', { limits: { maxObjectBytes: 1, headTimeoutMs: 0 } }, 'must be more than 0'],
    ['telemetry', { telemetry: { traceSampleRatio: -1 } }, 'telemetry.traceSampleRatio must be a number'],
    ['the format', { formatVersion: 2 }, 'formatVersion must be 1']
  ])('is refused for %s that it cannot use', (_, change, message) => {
    expect(() => parsePolicy(changed(change))).toThrow(message)
  })

  test('is refused when it does not say whose tokens are valid', () => {
    const [rule] = policy().rules
    const rules = [{ ...rule, key: { ...rule?.key, identity: { kind: 'Jwt', claims: [] } } }]
    expect(() => parsePolicy(changed({ rules }))).toThrow('rules[0].key.identity.jwksUri must be a string')
  })
})
