import { checkRules } from './check-rules.ts'
import { checkShape } from './check-shape.ts'
import { isRecord, withDefaults } from './defaults.ts'
import { API_VERSION, KIND, PURGE_KIND } from './names.ts'
import type { Problem } from './problem.ts'
import { cacheTierSchema } from './schema.ts'
import type { CacheTier } from './schema.ts'
import { cachePurgeSchema } from './schema-purge.ts'
import type { CachePurge } from './schema-purge.ts'
import type { Structural } from './structural.ts'
import { fieldsOf, structural } from './structural.ts'

interface Refused {
  readonly ok: false
  readonly problems: readonly Problem[]
}
export type Validated = { readonly ok: true; readonly tier: CacheTier } | Refused
export type ValidatedPurge = { readonly ok: true; readonly purge: CachePurge } | Refused

/** The checks of one kind: the value with its defaults, or what is wrong with it. */
function validator(kind: string, schema: Structural) {
  /** Where a field of each name belongs: the first place in the schema. */
  const places = new Map(
    [...fieldsOf(schema.properties?.spec ?? {}, 'spec')].reverse().map(({ name, field }) => [name, field])
  )
  return (value: unknown): { readonly ok: true; readonly value: unknown } | Refused => {
    const foreign = checkKind(value, kind)
    if (foreign) return { ok: false, problems: [foreign] }
    const defaulted = withDefaults(schema, value)
    const shape = checkShape(schema, defaulted, { field: '', elsewhere: (name) => places.get(name) })
    const broken = (field: string) => shape.some((problem) => isWithin(field, problem.field))
    const problems = [...shape, ...checkRules(schema, defaulted, { field: '', broken })]
    return problems.length > 0 ? { ok: false, problems } : { ok: true, value: defaulted }
  }
}

const checkTier = validator(KIND, structural(cacheTierSchema))
const checkPurge = validator(PURGE_KIND, structural(cachePurgeSchema))

/**
 * Checks a parsed manifest as the API server does on apply, with the same schema, the same CEL rules and strict
 * about unknown fields, and fills in the defaults. It never throws and does not change `value`.
 */
export function validateCacheTier(value: unknown): Validated {
  const checked = checkTier(value)
  return checked.ok ? { ok: true, tier: checked.value as CacheTier } : checked
}

/** The same for a CachePurge. The name that the API server would make of metadata.generateName ends in an asterisk. */
export function validateCachePurge(value: unknown): ValidatedPurge {
  const checked = checkPurge(named(value))
  return checked.ok ? { ok: true, purge: checked.value as CachePurge } : checked
}

function named(value: unknown): unknown {
  if (!isRecord(value) || !isRecord(value.metadata)) return value
  const { name, generateName } = value.metadata
  if (name !== undefined || typeof generateName !== 'string') return value
  return { ...value, metadata: { ...value.metadata, name: `${generateName}*` } }
}

const isWithin = (field: string, inner: string): boolean =>
  field === '' || inner === field || inner.startsWith(`${field}.`) || inner.startsWith(`${field}[`)

/** Whether a document is of another kind, so that nothing else about it can be said. */
function checkKind(value: unknown, wanted: string): Problem | undefined {
  const { apiVersion, kind } = isRecord(value) ? value : {}
  if (apiVersion === API_VERSION && kind === wanted) return undefined
  const found = [apiVersion, kind].filter((part) => typeof part === 'string').join(' ')
  return {
    field: 'kind',
    message: found === '' ? 'is missing' : `is ${found}, not ${API_VERSION} ${wanted}`,
    mend: `write apiVersion: ${API_VERSION} and kind: ${wanted}, or keep other objects in another file`
  }
}
