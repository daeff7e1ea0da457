import type { Document } from 'yaml'
import { isCollection, isNode, isPair, isScalar, LineCounter, parseAllDocuments } from 'yaml'
import { DEFAULT_NAMESPACE } from './compile.ts'
import type { Problem } from './problem.ts'
import type { CacheTier } from './schema.ts'
import { validateCacheTier } from './validate.ts'

export interface ParsedTiers {
  readonly tiers: CacheTier[]
  /** Each with its `place`: the file and the line. */
  readonly problems: Problem[]
}

/**
 * The tiers of a file of YAML or JSON documents, separated by `---`. A document with a problem yields no tier;
 * the others do. Never throws, whatever the text.
 */
export function parseCacheTiers(yamlText: string, fileName: string): ParsedTiers {
  const lines = new LineCounter()
  const result: ParsedTiers = { tiers: [], problems: [] }
  const seen = new Map<string, string>()
  for (const document of readDocuments(yamlText, lines)) {
    const source: Source = { document, lines, fileName }
    const read = readDocument(source)
    const problems = read.tiers.flatMap((tier) => checkFirst(tier, seen, placeOf(source, 'metadata.name')))
    result.problems.push(...read.problems, ...problems)
    if (problems.length === 0) result.tiers.push(...read.tiers)
  }
  return result
}

interface Source {
  readonly document: Document
  readonly lines: LineCounter
  readonly fileName: string
}

function readDocuments(text: string, lineCounter: LineCounter): Document[] {
  const documents = parseAllDocuments(text, {
    lineCounter,
    prettyErrors: false,
    merge: true,
    stringKeys: true
  })
  return Array.isArray(documents) ? documents : []
}

function readDocument(source: Source): ParsedTiers {
  const { errors } = source.document
  if (errors.length > 0) {
    const problems = errors.map(({ message, pos }) => notYaml(message, lineAt(source, pos[0])))
    return { tiers: [], problems }
  }
  try {
    return readValue(source, source.document.toJS({ maxAliasCount: 100 }))
  } catch (error) {
    // toJS refuses aliases that multiply without end and names that are no anchors.
    return { tiers: [], problems: [notYaml(String(error), placeOf(source, ''))] }
  }
}

function readValue(source: Source, value: unknown): ParsedTiers {
  if (value === null || value === undefined) return { tiers: [], problems: [] }
  const validated = validateCacheTier(value)
  if (validated.ok) return { tiers: [validated.tier], problems: [] }
  const problems = validated.problems.map((problem) => ({
    ...problem,
    place: placeOf(source, problem.field)
  }))
  return { tiers: [], problems }
}

const notYaml = (message: string, place: string): Problem => ({
  field: '',
  message: `is not valid YAML (${message})`,
  mend: 'correct the line; blanks for indentation, no tabs',
  place
})

function checkFirst(tier: CacheTier, seen: Map<string, string>, place: string): Problem[] {
  const id = `${tier.metadata.namespace ?? DEFAULT_NAMESPACE}/${tier.metadata.name}`
  const first = seen.get(id)
  seen.set(id, first ?? place)
  if (first === undefined) return []
  return [
    {
      field: 'metadata.name',
      message: `${id} is already the tier at ${first}`,
      mend: 'rename one of them',
      place
    }
  ]
}

const lineAt = ({ lines, fileName }: Source, offset: number): string =>
  `${fileName}:${Math.max(1, lines.linePos(offset).line)}`

/** The line of a field, or of the nearest object around it that the document has. */
function placeOf(source: Source, field: string): string {
  let node: unknown = source.document.contents
  let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0
  for (const step of field.match(/[^.[\]]+/g) ?? []) {
    const next = stepInto(node, step)
    if (next === undefined) break
    offset = next.offset
    node = next.node
  }
  return lineAt(source, offset)
}

/** The value under a key or at an index, and where its key (or itself) begins. */
function stepInto(node: unknown, step: string): { node: unknown; offset: number } | undefined {
  if (!isCollection(node)) return undefined
  const item: unknown = /^[0-9]+$/.test(step)
    ? node.items[Number(step)]
    : node.items.find((pair) => isPair(pair) && isScalar(pair.key) && pair.key.value === step)
  if (isPair(item)) return { node: item.value, offset: isNode(item.key) ? (item.key.range?.[0] ?? 0) : 0 }
  return isNode(item) ? { node: item, offset: item.range?.[0] ?? 0 } : undefined
}
