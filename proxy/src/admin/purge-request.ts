import type { PurgeRequest } from '../tier/purge-client.ts'
import { parseJson } from './body.ts'

type Parsed =
  { readonly ok: true; readonly request: PurgeRequest } | { readonly ok: false; readonly error: string }
type Json = Record<string, unknown>

const refused = (error: string): Parsed => ({ ok: false, error })

const isStrings = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string' && item !== '')

const FIELDS = ['keys', 'tags', 'all', 'scope', 'marks', 'stamp']

const notStrings = (body: Json): string | undefined => {
  const field = ['keys', 'tags', 'marks'].find((name) => body[name] !== undefined && !isStrings(body[name]))
  return field === undefined ? undefined : `"${field}" must be a list of strings`
}

const badKeys = ({ keys }: Json): string | undefined =>
  isStrings(keys) && !keys.every((key) => key.startsWith('/'))
    ? '"keys" must be paths that begin with "/", with their query, such as "/api/orders?status=NEW"'
    : undefined

const badChoice = ({ all, scope }: Json): string | undefined => {
  if (all !== undefined && all !== true) return '"all" must be true, or absent'
  return scope === undefined || scope === 'tier' || scope === 'pod'
    ? undefined
    : '"scope" must be "tier" or "pod"'
}

const problemOf = (body: Json): string | undefined => {
  const unknown = Object.keys(body).find((field) => !FIELDS.includes(field))
  if (unknown !== undefined) return `"${unknown}" is not a field of a purge: use keys, tags, all or scope`
  return notStrings(body) ?? badKeys(body) ?? badChoice(body)
}

const stampOf = (value: unknown): Pick<PurgeRequest, 'stamp'> => {
  if (typeof value !== 'object' || value === null || !('generation' in value) || !('epoch' in value))
    return {}
  const { generation, epoch } = value
  return typeof generation === 'string' && typeof epoch === 'number' ? { stamp: { generation, epoch } } : {}
}

/** Reads the body of POST /purge; the error is a sentence that names the field and the mend. */
export const parsePurgeRequest = (text: string): Parsed => {
  const body = parseJson(text)
  if (!body) return refused('the body must be a JSON object such as {"tags": ["orders"]}')
  const problem = problemOf(body)
  if (problem !== undefined) return refused(problem)
  const strings = (field: string): string[] => (isStrings(body[field]) ? body[field] : [])
  const [keys, tags, marks] = [strings('keys'), strings('tags'), strings('marks')]
  const all = body.all === true ? { all: true as const } : {}
  if (keys.length + tags.length + marks.length === 0 && !('all' in all))
    return refused('nothing to purge: give "keys", "tags" or "all": true')
  const scope = body.scope === 'pod' ? 'pod' : 'tier'
  return { ok: true, request: { keys, tags, marks, scope, ...all, ...stampOf(body.stamp) } }
}
