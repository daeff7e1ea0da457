import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { WRONG_MANIFESTS } from '../test/wrong-manifests.ts'
import { WRONG_PURGES } from '../test/wrong-purges.ts'
import { holds } from './cel.ts'
import { crd, purgeCrd } from './crd.ts'
import { purgeReference, reference } from './reference.ts'
import { cacheTierSchema } from './schema.ts'
import { cachePurgeSchema } from './schema-purge.ts'
import type { CelRule, Structural } from './structural.ts'
import { fieldsOf, structural } from './structural.ts'

const ROOTS = [
  { kind: 'CacheTier', root: structural(cacheTierSchema), wrong: WRONG_MANIFESTS },
  { kind: 'CachePurge', root: structural(cachePurgeSchema), wrong: WRONG_PURGES }
]

function rulesOf(schema: Structural): CelRule[] {
  const inner = [...Object.values(schema.properties ?? {}), ...(schema.items ? [schema.items] : [])]
  return [...(schema['x-kubernetes-validations'] ?? []), ...inner.flatMap(rulesOf)]
}

describe.each(ROOTS)('the schema of $kind', ({ root, wrong }) => {
  const fields = ['spec', 'status'].flatMap((name) => [...fieldsOf(root.properties?.[name] ?? {}, name)])
  const rules = rulesOf(root)
  test.each(fields.map(({ field, schema }) => [field, schema] as const))('says what %s is', (_, schema) => {
    expect(schema.description).toMatch(/^[A-Z{].{8,}\.$/s)
    if (schema.items) expect(schema.items.description).toMatch(/^[A-Z{].{8,}\.$/s)
  })

  test.each(fields.map(({ field, schema }) => [field, schema] as const))('bounds %s', (field, schema) => {
    const bounded = (part: Structural) =>
      part.type !== 'string' || (part.maxLength ?? part.enum ?? part.format) !== undefined
    expect({ field, bounded: bounded(schema) && bounded(schema.items ?? {}) }).toEqual({
      field,
      bounded: true
    })
    if (schema.type === 'array') {
      expect(schema.maxItems).toBeGreaterThan(0)
      expect(schema['x-kubernetes-list-type']).toBeDefined()
    }
  })

  test.each([...new Set(rules.map(({ rule }) => rule))].filter((rule) => !rule.includes('oldSelf')))(
    'has a rule that both doors can read: %s',
    (rule) => {
      expect(() => holds({ rule, message: '', mend: '' }, {})).not.toThrow()
    }
  )

  test('has no rule that none of the wrong manifests breaks', () => {
    const asked = rules.filter(({ rule }) => !rule.includes('oldSelf'))
    const said = wrong.flatMap(({ local }) => local).join('\n')
    expect(asked.map(({ message }) => message).filter((message) => !said.includes(message))).toEqual([])
  })
})

test.each([
  ['CacheTier', crd],
  ['CachePurge', purgeCrd]
])('the CRD of %s is plain data, the same at every call, without keywords of our own', (_, definition) => {
  const text = JSON.stringify(definition())
  expect(JSON.stringify(definition())).toBe(text)
  expect(text).not.toMatch(/"(examples|mend|~kind|additionalProperties)":/)
})

test.each([
  ['cachetier.md', reference],
  ['cachepurge.md', purgeReference]
])('docs/reference/%s is what the schema says (make synth)', (page, text) => {
  const path = new URL(`../../docs/reference/${page}`, import.meta.url)
  expect(readFileSync(path, 'utf8')).toBe(text())
})
