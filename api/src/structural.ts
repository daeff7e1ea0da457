import type { TSchema } from 'typebox'

/** A JSON value. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** One validation rule in CEL, evaluated by the API server and by `validateCacheTier` alike. */
export interface CelRule {
  /**
   * CEL over `self`, within what both evaluators understand (see cel.ts). True means valid. A rule that compares with
   * `oldSelf` speaks of updates: the API server alone can ask it.
   */
  readonly rule: string
  /** What is wrong, a clause without a full stop. */
  readonly message: string
  /** What to write instead, an imperative clause. */
  readonly mend: string
  /** The child that the problem is reported at, such as `.ttl`; absent: the value itself. */
  readonly fieldPath?: string
}

/**
 * The part of OpenAPI v3 that a structural CustomResourceDefinition may use and we do use. `examples` and
 * the `mend` of a rule are ours and are taken out of the CRD.
 */
export interface Structural {
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean'
  readonly description?: string
  readonly properties?: Readonly<Record<string, Structural>>
  readonly additionalProperties?: Structural
  readonly required?: readonly string[]
  readonly items?: Structural
  readonly enum?: readonly string[]
  readonly default?: Json
  readonly examples?: readonly Json[]
  readonly format?: string
  readonly minimum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly 'x-kubernetes-int-or-string'?: true
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map'
  readonly 'x-kubernetes-list-map-keys'?: readonly string[]
  readonly 'x-kubernetes-validations'?: readonly CelRule[]
}

/** The plain document of a TypeBox schema. A field with a default is not required of the person who writes. */
export function structural(schema: TSchema): Structural {
  return relax(JSON.parse(JSON.stringify(schema)) as Structural)
}

function relax(schema: Structural): Structural {
  const { properties, required, items, ...rest } = schema
  const fields = Object.entries(properties ?? {}).map(([name, field]) => [name, relax(field)] as const)
  const needed = (required ?? []).filter((name) => properties?.[name]?.default === undefined)
  return {
    ...rest,
    ...(items && { items: relax(items) }),
    ...(properties && { properties: Object.fromEntries(fields) }),
    ...(needed.length > 0 && { required: needed })
  }
}

/** One field of a schema, `field` being its path with [] for the entries of a list. */
export interface Field {
  readonly name: string
  readonly field: string
  readonly schema: Structural
  readonly required: boolean
}

/** Every field below a schema, each before the fields inside it. */
export function* fieldsOf(schema: Structural, parent: string): Generator<Field> {
  if (schema.items) yield* fieldsOf(schema.items, `${parent}[]`)
  for (const [name, inner] of Object.entries(schema.properties ?? {})) {
    const field = parent === '' ? name : `${parent}.${name}`
    yield { name, field, schema: inner, required: schema.required?.includes(name) ?? false }
    yield* fieldsOf(inner, field)
  }
}
