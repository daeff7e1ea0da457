import type { Document } from 'yaml'
import { isCollection, isNode, isPair, isScalar, LineCounter, parseAllDocuments } from 'yaml'
import { DEFAULT_NAMESPACE } from './compile.ts'
import type { Problem } from './problem.ts'
import { isRecord } from './defaults.ts'
import { PURGE_KIND } from './names.ts'
import type { CachePurge } from './schema-purge.ts'
import type { CacheTier } from './schema.ts'
import { validateCachePurge, validateCacheTier } from './validate.ts'

export interface ParsedTiers {
  readonly tiers: CacheTier[]
  /** Each with its `place`: the file and the line. */
  readonly problems: Problem[]
}

export interface ParsedManifests extends ParsedTiers {
  /** One with metadata.generateName has that and an asterisk for a name. */
  readonly purges: CachePurge[]
}

/**
 * The tiers of a file of YAML or JSON documents, separated by `---`. A document with a problem yields no tier;
 * the others do. Never throws, whatever the text.
 */
export function parseCacheTiers(yamlText: string, fileName: string): ParsedTiers {
  const { tiers, problems } = parse(yamlText, fileName, readTier)
  return { tiers, problems }
}

/** The same for files that may hold CachePurges besides. */
export function parseManifests(yamlText: string, fileName: string): ParsedManifests {
  const either = (value: unknown) =>
    isRecord(value) && value.kind === PURGE_KIND ? readPurge(value) : readTier(value)
  return parse(yamlText, fileName, either)
}

function parse(yamlText: string, fileName: string, check: Check): ParsedManifests {
  const lines = new LineCounter()
  const result: ParsedManifests = { tiers: [], purges: [], problems: [] }
  const seen = new Map<string, string>()
  for (const document of readDocuments(yamlText, lines)) {
    const source: Source = { document, lines, fileName }
    const { tiers = [], purges = [], problems } = readDocument(source, check)
    const repeated = [...tiers, ...purges].flatMap((object) =>
      checkFirst(object, seen, placeOf(source, 'metadata.name'))
    )
    result.problems.push(...problems, ...repeated)
    if (repeated.length > 0) continue
    result.tiers.push(...tiers)
    result.purges.push(...purges)
  }
  return result
}

interface Read {
  readonly tiers?: readonly CacheTier[]
  readonly purges?: readonly CachePurge[]
  readonly problems: readonly Problem[]
}
type Check = (value: unknown) => Read

const readTier: Check = (value) => {
  const validated = validateCacheTier(value)
  return validated.ok ? { tiers: [validated.tier], problems: [] } : { problems: validated.problems }
}

const readPurge: Check = (value) => {
  const validated = validateCachePurge(value)
  return validated.ok ? { purges: [validated.purge], problems: [] } : { problems: validated.problems }
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

function readDocument(source: Source, check: Check): Read {
  const { errors } = source.document
  if (errors.length > 0)
    return { problems: errors.map(({ message, pos }) => notYaml(message, lineAt(source, pos[0]))) }
  try {
    return readValue(source, source.document.toJS({ maxAliasCount: 100 }), check)
  } catch (error) {
    // toJS refuses aliases that multiply without end and names that are no anchors.
    return { problems: [notYaml(String(error), placeOf(source, ''))] }
  }
}

function readValue(source: Source, value: unknown, check: Check): Read {
  if (value === null || value === undefined) return { problems: [] }
  const read = check(value)
  return {
    ...read,
    problems: read.problems.map((problem) => ({ ...problem, place: placeOf(source, problem.field) }))
  }
}

const notYaml = (message: string, place: string): Problem => ({
  field: '',
  message: `is not valid YAML (${message})`,
  mend: 'correct the line; blanks for indentation, no tabs',
  place
})

function checkFirst(
  { kind, metadata }: CacheTier | CachePurge,
  seen: Map<string, string>,
  place: string
): Problem[] {
  // Its name will be another each time.
  if ('generateName' in metadata) return []
  const id = `${metadata.namespace ?? DEFAULT_NAMESPACE}/${metadata.name}`
  const first = seen.get(`${kind} ${id}`)
  seen.set(`${kind} ${id}`, first ?? place)
  if (first === undefined) return []
  return [
    {
      field: 'metadata.name',
      message: `${id} is already the ${kind === PURGE_KIND ? 'purge' : 'tier'} at ${first}`,
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
