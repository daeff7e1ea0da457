import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { WRONG_MANIFESTS } from '../test/wrong-manifests.ts'
import { holds } from './cel.ts'
import { crd } from './crd.ts'
import { reference } from './reference.ts'
import { cacheTierSchema } from './schema.ts'
import type { CelRule, Structural } from './structural.ts'
import { fieldsOf, structural } from './structural.ts'

const root = structural(cacheTierSchema)
const fields = ['spec', 'status'].flatMap((name) => [...fieldsOf(root.properties?.[name] ?? {}, name)])

function rulesOf(schema: Structural): CelRule[] {
  const inner = [...Object.values(schema.properties ?? {}), ...(schema.items ? [schema.items] : [])]
  return [...(schema['x-kubernetes-validations'] ?? []), ...inner.flatMap(rulesOf)]
}
const rules = rulesOf(root)

describe('the schema', () => {
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

  test.each([...new Set(rules.map(({ rule }) => rule))])(
    'has a rule that both doors can read: %s',
    (rule) => {
      expect(() => holds({ rule, message: '', mend: '' }, {})).not.toThrow()
    }
  )

  test('has no rule that none of the wrong manifests breaks', () => {
    const said = WRONG_MANIFESTS.flatMap(({ local }) => local).join('\n')
    expect(rules.map(({ message }) => message).filter((message) => !said.includes(message))).toEqual([])
  })
})

test('the CRD is plain data, the same at every call, without keywords of our own', () => {
  const text = JSON.stringify(crd())
  expect(JSON.stringify(crd())).toBe(text)
  expect(text).not.toMatch(/"(examples|mend|~kind|additionalProperties)":/)
})

test('docs/reference/cachetier.md is what the schema says (make synth)', () => {
  const path = new URL('../../docs/reference/cachetier.md', import.meta.url)
  expect(readFileSync(path, 'utf8')).toBe(reference())
})
