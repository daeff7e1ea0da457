import { describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { goodManifests } from '../test/good-manifests.ts'
import { WRONG_MANIFESTS, yamlOf } from '../test/wrong-manifests.ts'
import { GOOD_PURGES, purgeOf, WRONG_PURGES } from '../test/wrong-purges.ts'
import { formatProblem } from './problem.ts'
import { validateCachePurge, validateCacheTier } from './validate.ts'

const sentences = (yaml: string) => {
  const validated = validateCacheTier(parse(yaml))
  return validated.ok ? [] : validated.problems.map(formatProblem)
}
const tierOf = (yaml: string) => {
  const validated = validateCacheTier(parse(yaml))
  if (!validated.ok) throw new Error(validated.problems.map(formatProblem).join('\n'))
  return validated.tier
}

describe('a wrong manifest is refused with a sentence that names the field and the mend', () => {
  test.each(WRONG_MANIFESTS.map((manifest) => [manifest.name, manifest] as const))('%s', (_, manifest) => {
    expect(sentences(manifest.yaml)).toEqual(manifest.local)
  })
})

describe('a good manifest is accepted', () => {
  test.each(goodManifests.map(({ name, yaml }) => [name, yaml] as const))('%s', (_, yaml) => {
    expect(sentences(yaml)).toEqual([])
  })
})

describe('a purge', () => {
  const sentencesOf = (value: unknown) => {
    const validated = validateCachePurge(value)
    return validated.ok ? [] : validated.problems.map(formatProblem)
  }

  test.each(WRONG_PURGES.map((purge) => [purge.name, purge] as const))('is refused: %s', (_, purge) => {
    expect(sentencesOf(parse(purge.yaml))).toEqual(purge.local)
  })

  test.each(GOOD_PURGES)('is accepted: %s', (_, yaml) => {
    expect(sentencesOf(parse(yaml))).toEqual([])
  })

  test('has five minutes, and an hour to be read afterwards', () => {
    const validated = validateCachePurge(parse(purgeOf('{tierRef: {name: mes-api}, all: true}')))
    expect(validated).toMatchObject({
      ok: true,
      purge: { spec: { activeDeadlineSeconds: 300, ttlSecondsAfterFinished: 3600 } }
    })
  })

  test('is no tier', () => {
    expect(sentencesOf(parse(goodManifests[0]?.yaml ?? ''))).toEqual([
      'kind: is alexandrite.dev/v1alpha1 CacheTier, not alexandrite.dev/v1alpha1 CachePurge: write apiVersion: alexandrite.dev/v1alpha1 and kind: CachePurge, or keep other objects in another file'
    ])
  })
})

test('defaults are filled in, and the value that was given stays as it was', () => {
  const given: unknown = parse(goodManifests[0]?.yaml ?? '')
  const before = JSON.stringify(given)
  const validated = validateCacheTier(given)
  expect(validated).toMatchObject({
    ok: true,
    tier: {
      spec: {
        workload: { kind: 'Deployment', name: 'mes-api', port: 'http' },
        store: { topology: 'Sidecar' },
        policy: { rules: [] },
        limits: {
          ...{ maxObjectSize: '1Mi', maxHeaderSize: '32Ki', maxConnections: 10_000 },
          ...{ headerTimeout: '30s', requestTimeout: '5m', idleTimeout: '75s', originTimeout: '60s' }
        }
      }
    }
  })
  expect(JSON.stringify(given)).toBe(before)
})

test('methods have a default that fits where they stand', () => {
  const { spec } = tierOf(
    yamlOf([
      'policy: {rules: [{name: list, match: {path: /api/orders}}]}',
      'invalidation: {onWrite: [{match: {path: /api/orders}, tags: [orders]}]}'
    ])
  )
  expect(spec.policy.rules[0]?.match.methods).toEqual(['GET'])
  expect(spec.invalidation?.onWrite?.[0]?.match.methods).toEqual(['POST', 'PUT', 'PATCH', 'DELETE'])
})

test('all problems are told at once, each at its own field', () => {
  const spec = [
    'workload: {name: mes-api, port: http, ports: [http]}',
    'store: {topology: External, maxMemory: "1"}',
    'policy: {rules: [{name: A, match: {path: api}, ttl: soon, colour: red}]}'
  ]
  const fields = sentences(yamlOf(spec)).map((sentence) => sentence.split(': ')[0])
  expect(fields).toEqual([
    'spec.workload.ports',
    'spec.policy.rules[0].colour',
    'spec.store.maxMemory',
    'spec.store.secretRef',
    'spec.store.maxMemory',
    'spec.policy.rules[0].name',
    'spec.policy.rules[0].match.path',
    'spec.policy.rules[0].ttl'
  ])
})

test.each([[null], [undefined], [7], ['text'], [[]], [{}], [{ kind: 'Deployment', apiVersion: 'apps/v1' }]])(
  '%j is told to be of another kind',
  (value) => {
    const validated = validateCacheTier(value)
    expect(validated).toMatchObject({ ok: false, problems: [{ field: 'kind' }] })
  }
)

test('a tier as the API server returns it, with its metadata and status, is accepted', () => {
  const manifest: unknown = parse(goodManifests[0]?.yaml ?? '')
  const stored = {
    ...(manifest as object),
    metadata: {
      name: 'least',
      namespace: 'default',
      uid: 'c5d8f1a0-5a9c-4f1c-9d3c-0f6a3f1d2b11',
      resourceVersion: '12',
      generation: 2,
      creationTimestamp: '2026-01-01T00:00:00Z',
      finalizers: ['alexandrite.dev/tier'],
      managedFields: [{ manager: 'kubectl' }]
    },
    status: {
      observedGeneration: 2,
      policyHash: '4d0b23e926e8091d',
      policyUpdatedAt: '2026-01-01T00:00:00Z',
      pods: { desired: 2, injected: 2, ready: 2, current: 2, summary: '2/2' },
      conditions: [
        {
          type: 'Ready',
          status: 'True',
          lastTransitionTime: '2026-01-01T00:00:00Z',
          reason: 'Current',
          message: ''
        }
      ]
    }
  }
  expect(validateCacheTier(stored)).toMatchObject({ ok: true })
})
