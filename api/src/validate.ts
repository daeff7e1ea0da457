import { checkRules } from './check-rules.ts'
import { checkShape } from './check-shape.ts'
import { isRecord, withDefaults } from './defaults.ts'
import { API_VERSION, KIND } from './names.ts'
import type { Problem } from './problem.ts'
import { cacheTierSchema } from './schema.ts'
import type { CacheTier } from './schema.ts'
import { fieldsOf, structural } from './structural.ts'

const schema = structural(cacheTierSchema)

/** Where a field of each name belongs: the first place in the schema. */
const places = new Map(
  [...fieldsOf(schema.properties?.spec ?? {}, 'spec')].reverse().map(({ name, field }) => [name, field])
)

export type Validated =
  | { readonly ok: true; readonly tier: CacheTier }
  | { readonly ok: false; readonly problems: readonly Problem[] }

/**
 * Checks a parsed manifest as the API server does on apply, with the same schema, the same CEL rules and strict
 * about unknown fields, and fills in the defaults. It never throws and does not change `value`.
 */
export function validateCacheTier(value: unknown): Validated {
  const foreign = checkKind(value)
  if (foreign) return { ok: false, problems: [foreign] }
  const defaulted = withDefaults(schema, value)
  const shape = checkShape(schema, defaulted, { field: '', elsewhere: (name) => places.get(name) })
  const broken = (field: string) => shape.some((problem) => isWithin(field, problem.field))
  const problems = [...shape, ...checkRules(schema, defaulted, { field: '', broken })]
  return problems.length > 0 ? { ok: false, problems } : { ok: true, tier: defaulted as CacheTier }
}

const isWithin = (field: string, inner: string): boolean =>
  field === '' || inner === field || inner.startsWith(`${field}.`) || inner.startsWith(`${field}[`)

/** Whether a document is of another kind, so that nothing else about it can be said. */
function checkKind(value: unknown): Problem | undefined {
  const { apiVersion, kind } = isRecord(value) ? value : {}
  if (apiVersion === API_VERSION && kind === KIND) return undefined
  const found = [apiVersion, kind].filter((part) => typeof part === 'string').join(' ')
  return {
    field: 'kind',
    message: found === '' ? 'is missing' : `is ${found}, not ${API_VERSION} ${KIND}`,
    mend: `write apiVersion: ${API_VERSION} and kind: ${KIND}, or keep other objects in another file`
  }
}
