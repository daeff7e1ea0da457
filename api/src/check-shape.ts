import { isRecord } from './defaults.ts'
import { nearest } from './nearest.ts'
import type { Problem } from './problem.ts'
import { fieldOf } from './problem.ts'
import type { Json, Structural } from './structural.ts'

/** Where a value stands. */
export interface Position {
  readonly field: string
  /** Where a field of this name belongs, for one that is unknown where it stands. */
  readonly elsewhere: (name: string) => string | undefined
}

/** Problems of a value's shape: types, missing and unknown fields, bounds, choices and duplicates. */
export function checkShape(schema: Structural, value: unknown, at: Position): Problem[] {
  const wrongType = checkType(schema, value, at.field)
  if (wrongType) return [wrongType]
  if (typeof value === 'string') return checkText(schema, value, at.field)
  if (typeof value === 'number') return checkNumber(schema, value, at.field)
  if (Array.isArray(value)) return checkList(schema, value, at)
  return isRecord(value) ? checkObject(schema, value, at) : []
}

const NAMES = {
  object: 'an object',
  array: 'a list',
  string: 'a text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false'
} as const

/** The types that a value may have, the one to name in an error first; none: any. */
function typesOf({ type, ...schema }: Structural): readonly NonNullable<Structural['type']>[] {
  if (schema['x-kubernetes-int-or-string']) return ['string', 'integer']
  if (type === 'number') return ['number', 'integer']
  return type === undefined ? [] : [type]
}

function checkType(schema: Structural, value: unknown, field: string): Problem | undefined {
  const { examples } = schema
  const types = typesOf(schema)
  const [wanted] = types
  if (wanted === undefined || types.some((type) => type === typeOf(value))) return undefined
  const quoted = wanted === 'string' && (typeof value === 'number' || typeof value === 'boolean')
  return {
    field,
    message: `is ${describe(value)}, not ${NAMES[wanted]}`,
    mend: quoted ? `write it as a text${asExample(examples)}` : `write ${NAMES[wanted]}${asExample(examples)}`
  }
}

function typeOf(value: unknown): Structural['type'] | 'other' {
  if (Array.isArray(value)) return 'array'
  if (isRecord(value)) return 'object'
  if (typeof value === 'string' || typeof value === 'boolean') return typeof value as 'string' | 'boolean'
  if (Number.isInteger(value)) return 'integer'
  return Number.isFinite(value) ? 'number' : 'other'
}

function describe(value: unknown): string {
  const type = typeOf(value)
  if (typeof value === 'number') return `the number ${String(value)}`
  if (typeof value === 'boolean') return String(value)
  return value === null || value === undefined ? 'empty' : NAMES[type === 'other' || !type ? 'object' : type]
}

const asExample = (examples: readonly Json[] | undefined): string => {
  const [example] = examples ?? []
  if (example === undefined) return ''
  return `, such as ${typeof example === 'string' ? example : JSON.stringify(example)}`
}

function checkText(schema: Structural, value: string, field: string): Problem[] {
  const { maxLength = Infinity, minLength = 0 } = schema
  const length = [...value].length
  if (schema.enum && !schema.enum.includes(value)) return [notAChoice(schema.enum, value, field)]
  if (length < minLength)
    return [{ field, message: 'is empty', mend: `write it${asExample(schema.examples)}` }]
  if (length > maxLength) {
    return [{ field, message: `has ${length} characters`, mend: `shorten it to at most ${maxLength}` }]
  }
  return []
}

function notAChoice(choices: readonly string[], value: string, field: string): Problem {
  const meant = nearest(value, choices)
  return {
    field,
    message: `is '${value}', which is none of ${choices.join(', ')}`,
    mend: meant ? `write ${meant}` : `write one of them`
  }
}

function checkNumber({ minimum = -Infinity }: Structural, value: number, field: string): Problem[] {
  return value < minimum ? [{ field, message: `is ${value}`, mend: `write at least ${minimum}` }] : []
}

function checkList(schema: Structural, value: readonly unknown[], at: Position): Problem[] {
  const { field } = at
  const { items = {}, minItems = 0, maxItems = Infinity } = schema
  if (value.length < minItems) {
    return [
      {
        field,
        message: 'is an empty list',
        mend: `add an entry${asExample(schema.examples)}, or take it out`
      }
    ]
  }
  if (value.length > maxItems) {
    return [{ field, message: `has ${value.length} entries`, mend: `keep at most ${maxItems}` }]
  }
  const inner = value.flatMap((item, index) =>
    checkShape(items, item, { ...at, field: `${field}[${index}]` })
  )
  return [...inner, ...checkDuplicates(schema, value, field)]
}

function checkDuplicates(schema: Structural, value: readonly unknown[], field: string): Problem[] {
  const kind = schema['x-kubernetes-list-type'] ?? 'atomic'
  if (kind === 'atomic') return []
  const keys = schema['x-kubernetes-list-map-keys'] ?? []
  const identify = (item: unknown) =>
    kind === 'map' && isRecord(item) ? keys.map((key) => String(item[key])).join('/') : String(item)
  const seen = new Set<string>()
  return value.flatMap((item, index) => {
    const id = identify(item)
    const repeated = seen.has(id)
    seen.add(id)
    return repeated ? [duplicate(kind, id, { field: `${field}[${index}]`, keys })] : []
  })
}

function duplicate(kind: 'map' | 'set', id: string, at: { field: string; keys: readonly string[] }): Problem {
  return kind === 'set'
    ? { field: at.field, message: `repeats '${id}'`, mend: 'take one of them out' }
    : {
        field: fieldOf(at.field, at.keys.join('/')),
        message: `is '${id}', as that of an entry before it`,
        mend: 'give each entry its own'
      }
}

function checkObject(schema: Structural, value: Record<string, unknown>, at: Position): Problem[] {
  const { field, elsewhere } = at
  const { properties, required = [], additionalProperties } = schema
  const missing = required
    .filter((name) => !Object.hasOwn(value, name))
    .map((name) => isMissing(fieldOf(field, name), name, properties?.[name]?.examples))
  const inner = Object.entries(value).flatMap(([name, item]) => {
    const known = properties && Object.hasOwn(properties, name) ? properties[name] : additionalProperties
    if (known) return checkShape(known, item, { ...at, field: fieldOf(field, name) })
    return properties
      ? [isUnknown(fieldOf(field, name), findName(name, Object.keys(properties), elsewhere))]
      : []
  })
  return [...missing, ...inner]
}

function isMissing(field: string, name: string, examples: readonly Json[] | undefined): Problem {
  const [example] = examples ?? []
  const value = typeof example === 'string' ? ` ${example}` : ''
  return { field, message: 'is missing', mend: value ? `add it, such as ${name}:${value}` : 'add it' }
}

const isUnknown = (field: string, mend: string): Problem => ({ field, message: 'is not a known field', mend })

function findName(name: string, names: readonly string[], elsewhere: Position['elsewhere']): string {
  const meant = nearest(name, names)
  const place = meant === undefined ? elsewhere(name) : undefined
  if (place !== undefined) return `move it to ${place}`
  return meant === undefined ? `known here are ${names.join(', ')}` : `did you mean ${meant}?`
}
