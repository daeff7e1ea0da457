/** Prints docs/reference/cachetier.md: `node api/src/reference.ts > docs/reference/cachetier.md`. */
import { API_VERSION, KIND, SHORT_NAME } from './names.ts'
import { cacheTierSchema } from './schema.ts'
import type { CelRule, Field, Json, Structural } from './structural.ts'
import { fieldsOf, structural } from './structural.ts'

/** The field reference in Markdown, all of it from the schema. */
export function reference(): string {
  const root = structural(cacheTierSchema)
  const parts = ['spec', 'status'].flatMap((name) => {
    const schema = root.properties?.[name] ?? {}
    const itself: Field = { name, field: name, schema, required: name === 'spec' }
    return [itself, ...fieldsOf(schema, name)].map(section)
  })
  const head = [
    `<!-- Made by \`node api/src/reference.ts\` from the schema in api/src; a test fails when it drifts. -->`,
    `# ${KIND}`,
    `${root.description ?? ''}`,
    `\`apiVersion: ${API_VERSION}\`, \`kind: ${KIND}\`; \`kubectl get ${SHORT_NAME}\` lists them, and \`kubectl explain ${SHORT_NAME}.spec\` shows the texts below. A field that is not here is refused.`,
    ...refusals(root)
  ]
  return `${[...head, ...parts].join('\n\n')}\n`
}

function section({ field, schema, required }: Field): string {
  const level = field.includes('.') ? '###' : '##'
  const entries = schema.items?.description
  return [
    `${level} \`${field}\``,
    `_${[typeOf(schema), ...facts(schema, required)].join('; ')}_`,
    escaped(schema.description ?? ''),
    ...(entries === undefined ? [] : [`Each entry: ${escaped(entries)}`]),
    ...refusals(schema),
    ...refusals(schema.items ?? {})
  ].join('\n\n')
}

function typeOf(schema: Structural): string {
  if (schema.enum) return `one of ${schema.enum.map((value) => `\`${value}\``).join(', ')}`
  if (schema.type === 'array') return `list of: ${typeOf(schema.items ?? {})}`
  if (schema.format === 'date-time') return 'time'
  const names = {
    object: 'object',
    string: 'text',
    integer: 'whole number',
    boolean: 'true or false'
  } as const
  return names[schema.type ?? 'string']
}

function facts(schema: Structural, required: boolean): string[] {
  const { maxItems, maxLength, examples, default: value } = schema
  return [
    ...(required ? ['required'] : []),
    ...(value === undefined ? [] : [`default \`${asText(value)}\``]),
    ...(maxItems === undefined ? [] : [`at most ${maxItems}`]),
    ...(maxLength === undefined ? [] : [`at most ${maxLength} characters`]),
    ...(examples?.[0] === undefined ? [] : [`such as \`${asText(examples[0])}\``])
  ]
}

const asText = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value))

/** What the rules of a value say when they refuse it. */
function refusals({ 'x-kubernetes-validations': rules = [] }: Structural): string[] {
  if (rules.length === 0) return []
  return ['Refused when it', rules.map((rule) => `- ${refusal(rule)}`).join('\n')]
}

const refusal = ({ fieldPath, message, mend }: CelRule): string =>
  `${fieldPath === undefined ? '' : `(\`${fieldPath.slice(1)}\`) `}${escaped(message)}: ${escaped(mend)}`

/** Outside of code, Markdown reads * and _ as emphasis. */
const escaped = (text: string): string => text.replaceAll(/[*_<>]/g, '\\$&')

if (import.meta.main) process.stdout.write(reference())
