import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { RunningApiServer } from '@alexandrite/hack/services'
import { startApiServer } from '@alexandrite/hack/services'
import { resolveTool } from '@alexandrite/hack/tools'
import { parse } from 'yaml'
import { validateCachePurge } from '../src/validate.ts'
import type { Client, CrdCondition } from './kubernetes.ts'
import { connect, installPurgeCrd } from './kubernetes.ts'
import { GOOD_PURGES, purgeOf, WRONG_PURGES } from './wrong-purges.ts'

const PURGES = '/apis/alexandrite.dev/v1alpha1/namespaces/default/cachepurges'
const STRICT = `${PURGES}?fieldValidation=Strict&dryRun=All`

let server: RunningApiServer
let client: Client
let conditions: readonly CrdCondition[]

// The first run of a machine may have to build the API server.
beforeAll(async () => {
  server = await startApiServer()
  client = connect(server)
  conditions = await installPurgeCrd(client)
}, 1_800_000)
afterAll(async () => {
  client.close()
  await server.stop()
})

const kubectl = async (...args: string[]): Promise<string> => {
  const { stdout } = await promisify(execFile)(await resolveTool('kubectl'), [
    '--kubeconfig',
    server.kubeconfig,
    ...args
  ])
  return stdout
}

test('the CRD is established, and its schema is structural', () => {
  expect(conditions.filter(({ type }) => type === 'Established')).toMatchObject([{ status: 'True' }])
  expect(conditions.filter(({ type }) => type === 'NonStructuralSchema')).toEqual([])
})

describe('a wrong purge is refused at apply', () => {
  test.each(WRONG_PURGES.map((purge) => [purge.name, purge] as const))('%s', async (_, purge) => {
    const { status, body } = await client.ask('POST', STRICT, parse(purge.yaml))
    expect(body).toMatchObject({ kind: 'Status', message: purge.status.message })
    expect(status).toBe(purge.status.code)
  })
})

test.each(GOOD_PURGES)('%s: accepted, with the defaults that it gets locally', async (_, yaml) => {
  const { status, body } = await client.ask('POST', STRICT, parse(yaml))
  expect({ status, body }).toMatchObject({ status: 201 })
  const validated = validateCachePurge(parse(yaml))
  expect(validated.ok && validated.purge.spec).toEqual((body as { spec: unknown }).spec)
})

const EXAMPLES = new URL('../../examples/purges/', import.meta.url)

test.each(readdirSync(EXAMPLES))('the example %s is accepted', async (file) => {
  const example = parse(readFileSync(new URL(file, EXAMPLES), 'utf8')) as { metadata: object }
  const metadata = { ...example.metadata, namespace: 'default' }
  expect(await client.ask('POST', STRICT, { ...example, metadata })).toMatchObject({ status: 201 })
})

test('as many and as long keys as the bounds allow are accepted', async () => {
  const keys = Array.from({ length: 1000 }, (_, index) => `/${String(index).padEnd(999, 'x')}`)
  const purge = { ...(parse(purgeOf('{}', 'large')) as object), spec: { tierRef: { name: 'a' }, keys } }
  expect(await client.ask('POST', PURGES, purge)).toMatchObject({ status: 201 })
})

test('a purge cannot be changed, but its status can, and the columns show it', async () => {
  const created = await client.ask('POST', PURGES, parse(purgeOf('{tierRef: {name: mes-api}, all: true}')))
  expect(created.status).toBe(201)
  const purge = created.body as { spec: object }
  const changed = { ...purge, spec: { ...purge.spec, ttlSecondsAfterFinished: 1 } }
  expect(await client.ask('PUT', `${PURGES}/new-prices`, changed)).toMatchObject({
    status: 422,
    body: {
      message: expect.stringContaining(
        'spec: Invalid value: is another than before, and a purge happens once: create a CachePurge of another name, such as with metadata.generateName'
      )
    }
  })
  const now = new Date().toISOString()
  const status = {
    observedGeneration: 1,
    startTime: now,
    summary: '1/2',
    pods: [
      { name: 'b', acknowledged: false, error: 'did not answer', time: now },
      { name: 'a', acknowledged: true, time: now }
    ],
    conditions: [
      { type: 'Complete', status: 'False', lastTransitionTime: now, reason: 'Purging', message: 'Asks.' }
    ]
  }
  expect(await client.ask('PUT', `${PURGES}/new-prices/status`, { ...purge, status })).toMatchObject({
    status: 200,
    body: { status }
  })
  const [head = '', ...lines] = (await kubectl('get', 'cachepurges')).split('\n')
  expect(head.split(/\s{2,}/)).toEqual(['NAME', 'TIER', 'COMPLETE', 'PODS', 'AGE'])
  expect(lines.find((line) => line.startsWith('new-prices'))).toMatch(
    /^new-prices\s+mes-api\s+False\s+1\/2\s+\d+s/
  )
  expect(await kubectl('get', 'alexandrite', '-o', 'name')).toContain('cachepurge.alexandrite.dev/new-prices')
})

test('kubectl explain says what each field is', async () => {
  const text = (await kubectl('explain', 'cachepurge.spec.keys')).replaceAll(/\s+/g, ' ')
  expect(text).toContain('Purges the answers to these requests.')
  expect(await kubectl('explain', 'cachepurge.spec')).toMatch(/ttlSecondsAfterFinished.*<integer>/)
})
