import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { RunningApiServer } from '@alexandrite/hack/services'
import { startApiServer } from '@alexandrite/hack/services'
import { resolveTool } from '@alexandrite/hack/tools'
import fc from 'fast-check'
import { parse } from 'yaml'
import { formatProblem } from '../src/problem.ts'
import { cacheTierSchema } from '../src/schema.ts'
import type { Structural } from '../src/structural.ts'
import { fieldsOf, structural } from '../src/structural.ts'
import { validateCacheTier } from '../src/validate.ts'
import { anyManifest } from './arbitrary.ts'
import { goodManifests } from './good-manifests.ts'
import type { Client, CrdCondition } from './kubernetes.ts'
import { askUntil, connect, installCrd } from './kubernetes.ts'
import { WRONG_MANIFESTS } from './wrong-manifests.ts'

const TIERS = '/apis/alexandrite.dev/v1alpha1/namespaces/default/cachetiers'
/** As kubectl asks by default: an unknown field is an error. */
const STRICT = `${TIERS}?fieldValidation=Strict&dryRun=All`

let server: RunningApiServer
let client: Client
let conditions: readonly CrdCondition[]

// The first run of a machine may have to build the API server.
beforeAll(async () => {
  server = await startApiServer()
  client = connect(server)
  conditions = await installCrd(client)
}, 1_800_000)
afterAll(async () => {
  client.close()
  await server.stop()
})

const create = (yaml: string) => client.ask('POST', STRICT, parse(yaml))

test('the CRD is established, and its schema is structural', () => {
  expect(conditions.filter(({ type }) => type === 'Established')).toMatchObject([{ status: 'True' }])
  expect(conditions.filter(({ type }) => type === 'NonStructuralSchema')).toEqual([])
})

describe('a wrong manifest is refused at apply', () => {
  test.each(WRONG_MANIFESTS.map((manifest) => [manifest.name, manifest] as const))(
    '%s',
    async (_, manifest) => {
      const { status, body } = await create(manifest.yaml)
      expect(body).toMatchObject({ kind: 'Status', message: manifest.status.message })
      expect(status).toBe(manifest.status.code)
    }
  )
})

describe('a good manifest is accepted, and gets the defaults that it gets locally', () => {
  test.each(goodManifests.map(({ name, yaml }) => [name, yaml] as const))('%s', async (_, yaml) => {
    const { status, body } = await create(yaml)
    expect({ status, body }).toMatchObject({ status: 201 })
    const validated = validateCacheTier(parse(yaml))
    expect(validated).toMatchObject({ ok: true })
    expect(validated.ok && validated.tier.spec).toEqual((body as { spec: unknown }).spec)
  })
})

test('both doors say yes and no to the same manifests, and fill in the same defaults', async () => {
  let accepted = 0
  const property = fc.asyncProperty(anyManifest, async (manifest) => {
    const { status, body } = await client.ask('POST', STRICT, manifest)
    const validated = validateCacheTier(manifest)
    const local = validated.ok ? [] : validated.problems.map(formatProblem)
    expect({ local: local.length === 0, told: local, body }).toMatchObject({ local: status === 201 })
    if (validated.ok) expect(validated.tier.spec).toEqual((body as { spec: unknown }).spec)
    accepted += validated.ok ? 1 : 0
  })
  await fc.assert(property, { numRuns: 600 })
  expect(accepted).toBeGreaterThan(20)
}, 120_000)

test('what the API server returns is accepted locally as it is', async () => {
  const { body } = await create(goodManifests[1]?.yaml ?? '')
  const validated = validateCacheTier(body)
  expect(validated.ok ? [] : validated.problems.map(formatProblem)).toEqual([])
})

test('the status is written through its subresource, and the columns show it', async () => {
  const path = `${TIERS}/mes-api`
  const created = await client.ask('POST', TIERS, parse(goodManifests[1]?.yaml ?? ''))
  expect(created.status).toBe(201)
  const now = new Date().toISOString()
  const status = {
    observedGeneration: 1,
    policyHash: '4d0b23e926e8091d',
    policyUpdatedAt: now,
    pods: { desired: 2, injected: 2, ready: 2, current: 2, summary: '2/2' },
    conditions: [
      { type: 'Ready', status: 'True', lastTransitionTime: now, reason: 'Current', message: 'Serves.' }
    ]
  }
  const updated = await client.ask('PUT', `${path}/status`, { ...(created.body as object), status })
  expect(updated).toMatchObject({ status: 200, body: { status } })
  const kubectl = await resolveTool('kubectl')
  const { stdout } = await promisify(execFile)(kubectl, ['--kubeconfig', server.kubeconfig, 'get', 'ct'])
  const [head = '', line = ''] = stdout.split('\n')
  expect(head.split(/\s{2,}/)).toEqual(['NAME', 'WORKLOAD', 'READY', 'PODS', 'POLICY AGE', 'AGE'])
  expect(line).toMatch(/^mes-api\s+mes-api\s+True\s+2\/2\s+\d+s\s+\d+s/)
  expect(await client.ask('DELETE', path)).toMatchObject({ status: 200 })
})

describe('kubectl explain', () => {
  test('has the text of every field', async () => {
    const served = await askUntil(
      client,
      '/openapi/v3/apis/alexandrite.dev/v1alpha1',
      ({ status, body }) => status === 200 && tierIn(body) !== undefined
    )
    const texts = new Map(
      [...fieldsOf(tierIn(served.body) ?? {}, '')].map(({ field, schema }) => [field, schema.description])
    )
    for (const part of ['spec', 'status']) {
      const own = structural(cacheTierSchema).properties?.[part] ?? {}
      for (const { field, schema } of fieldsOf(own, part)) {
        expect({ field, text: texts.get(field) }).toEqual({ field, text: expect.stringMatching(/\w.*[.]$/s) })
        expect(texts.get(field)).toBe(schema.description)
      }
    }
  })

  test('prints it', async () => {
    const kubectl = await resolveTool('kubectl')
    const args = ['--kubeconfig', server.kubeconfig, 'explain', 'cachetier.spec.policy.rules.staleIfError']
    const { stdout } = await promisify(execFile)(kubectl, args)
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain('is still served when the origin fails')
  })
})

/** The schema of CacheTier in an OpenAPI v3 document of the server. */
const tierIn = (body: unknown): Structural | undefined =>
  (body as { components?: { schemas?: Record<string, Structural> } }).components?.schemas?.[
    'dev.alexandrite.v1alpha1.CacheTier'
  ]
