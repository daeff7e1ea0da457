/** JSON schemas of all kinds of an API server, for kubeconform, which otherwise fetches them from the net. */

interface Schema {
  readonly type?: string
  readonly format?: string
  readonly $ref?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema | boolean
  readonly items?: Schema
  readonly 'x-kubernetes-group-version-kind'?: readonly Kind[]
  readonly 'x-kubernetes-int-or-string'?: boolean
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean
}
interface Kind {
  readonly group: string
  readonly version: string
  readonly kind: string
}
export interface OpenApi {
  readonly definitions: Readonly<Record<string, Schema>>
}

const REFERENCE = '#/definitions/'

/** Fields that nobody declared are mistakes; a number or a text is either. */
function strict(schema: Schema): object {
  const { properties, items, additionalProperties, ...rest } = schema
  if (schema.format === 'int-or-string' || schema['x-kubernetes-int-or-string'])
    return { anyOf: [{ type: 'integer' }, { type: 'string' }] }
  const open = schema['x-kubernetes-preserve-unknown-fields'] === true
  const inside = properties && {
    properties: Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, strict(value)])),
    ...(!open && { additionalProperties: false })
  }
  return {
    ...rest,
    ...inside,
    ...(items && { items: strict(items) }),
    ...(typeof additionalProperties === 'object' && { additionalProperties: strict(additionalProperties) })
  }
}

/** Names of the definitions that one needs, itself included. */
function reachable(openApi: OpenApi, name: string, seen = new Set<string>()): Set<string> {
  if (seen.has(name)) return seen
  seen.add(name)
  const text = JSON.stringify(openApi.definitions[name] ?? {})
  for (const [, other = ''] of text.matchAll(/"\$ref":"#\/definitions\/([^"]+)"/g))
    reachable(openApi, other, seen)
  return seen
}

/** Where kubeconform looks below a folder; the group of the core is its version. */
export const LOCATION = '{{ .ResourceKind }}-{{ .Group }}-{{ .ResourceAPIVersion }}.json'

/** A self-contained schema of each kind, by file name. */
export function schemasOf(openApi: OpenApi): Map<string, string> {
  const kinds = Object.entries(openApi.definitions).flatMap(([name, definition]) =>
    (definition['x-kubernetes-group-version-kind'] ?? []).map((kind) => ({ name, kind }))
  )
  return new Map(
    kinds.map(({ name, kind: { group, version, kind } }) => {
      const needed = [...reachable(openApi, name)]
      const definitions = Object.fromEntries(
        needed.map((each) => [each, strict(openApi.definitions[each] ?? {})])
      )
      const file = `${kind.toLowerCase()}-${group || version}-${version}.json`
      return [file, JSON.stringify({ $ref: `${REFERENCE}${name}`, definitions })]
    })
  )
}
