import type { Json, Structural } from './structural.ts'

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * A copy of a value with the defaults of its schema, as the API server fills them in: from the outside to the
 * inside, and a known field that is null counts as absent.
 */
export function withDefaults(schema: Structural, value: unknown): unknown {
  if (Array.isArray(value)) {
    const { items } = schema
    return items ? value.map((item: unknown) => withDefaults(items, item)) : value
  }
  return isRecord(value) && schema.properties ? defaultFields(schema.properties, value) : value
}

function defaultFields(properties: Readonly<Record<string, Structural>>, value: Record<string, unknown>) {
  const present = Object.entries(value).filter(
    ([name, field]) => field !== null || !Object.hasOwn(properties, name)
  )
  const result: Record<string, unknown> = Object.fromEntries(present)
  for (const [name, field] of Object.entries(properties)) {
    const given = Object.hasOwn(result, name) ? result[name] : copy(field.default)
    if (given !== undefined) result[name] = withDefaults(field, given)
  }
  return result
}

const copy = (value: Json | undefined): Json | undefined =>
  value === undefined ? undefined : structuredClone(value)
