import { holds } from './cel.ts'
import { isRecord } from './defaults.ts'
import type { Problem } from './problem.ts'
import { fieldOf } from './problem.ts'
import type { CelRule, Structural } from './structural.ts'

/**
 * Problems by the CEL rules, from the inside to the outside. A value whose shape has problems (`broken` says so
 * for its path) is left out, since its rules speak of fields that are not there.
 */
export function checkRules(
  schema: Structural,
  value: unknown,
  at: { field: string; broken: (field: string) => boolean }
): Problem[] {
  const { field, broken } = at
  const inner = children(schema, value, field).flatMap((child) =>
    checkRules(child.schema, child.value, { field: child.field, broken })
  )
  if (broken(field)) return inner
  const rules = (schema['x-kubernetes-validations'] ?? []).filter((rule) => !isTransition(rule))
  const failed = rules.filter((rule) => !holds(rule, value))
  return [...inner, ...failed.map((rule) => problemOf(rule, field))]
}

const isTransition = ({ rule }: CelRule): boolean => /\boldSelf\b/.test(rule)

const problemOf = ({ fieldPath = '', message, mend }: CelRule, field: string): Problem => ({
  field: field === '' ? fieldPath.slice(1) : `${field}${fieldPath}`,
  message,
  mend
})

interface Child {
  schema: Structural
  value: unknown
  field: string
}

function children({ properties = {}, items }: Structural, value: unknown, field: string): Child[] {
  if (Array.isArray(value) && items) {
    return value.map((item: unknown, index) => ({ schema: items, value: item, field: `${field}[${index}]` }))
  }
  if (!isRecord(value)) return []
  return Object.entries(properties)
    .filter(([name]) => Object.hasOwn(value, name))
    .map(([name, schema]) => ({ schema, value: value[name], field: fieldOf(field, name) }))
}
