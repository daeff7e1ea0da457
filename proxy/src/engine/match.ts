import { matchPath } from '@alexandrite/api/path-pattern'
import type { PathPattern, Policy, PolicyRule, RequestMatch, WriteInvalidation } from '@alexandrite/api'
import type { RequestHead } from './message.ts'
import { splitTarget } from './message.ts'

export interface MatchedWrite {
  readonly found: WriteInvalidation
  readonly params: Readonly<Record<string, string>>
}

/** Patterns by their segments; the numbers are places in the list of rules. */
interface Node {
  readonly literals: Map<string, Node>
  param: Node | undefined
  /** Rules that end here. */
  readonly ends: number[]
  /** Rules that end here and take all that follows. */
  readonly rests: number[]
}

const newNode = (): Node => ({ literals: new Map(), param: undefined, ends: [], rests: [] })

const insert = (root: Node, { segments, rest }: PathPattern, place: number): void => {
  let node = root
  for (const segment of segments) {
    if ('param' in segment) node = node.param ??= newNode()
    else {
      const next = node.literals.get(segment.literal) ?? newNode()
      node.literals.set(segment.literal, next)
      node = next
    }
  }
  ;(rest ? node.rests : node.ends).push(place)
}

/**
 * All lists of places whose pattern the path matches from there on, in no order. `from` is past the end where nothing is
 * left.
 */
const collect = (node: Node, path: string, from: number, lists: (readonly number[])[]): void => {
  if (node.rests.length > 0) lists.push(node.rests)
  if (from > path.length) {
    if (node.ends.length > 0) lists.push(node.ends)
    return
  }
  if (node.literals.size === 0 && !node.param) return
  const slash = path.indexOf('/', from)
  const end = slash < 0 ? path.length : slash
  const literal = node.literals.get(path.slice(from, end))
  if (literal) collect(literal, path, end + 1, lists)
  if (node.param && end > from) collect(node.param, path, end + 1, lists)
}

/** One tree for each method. */
type Index = ReadonlyMap<string, Node>

const indexOf = (matches: readonly RequestMatch[]): Index => {
  const index = new Map<string, Node>()
  for (const [place, { methods, path }] of matches.entries()) {
    // GET includes HEAD.
    const all = new Set(methods.includes('GET') ? [...methods, 'HEAD'] : methods)
    for (const method of all) {
      const root = index.get(method) ?? newNode()
      index.set(method, root)
      insert(root, path, place)
    }
  }
  return index
}

const indexes = new WeakMap<readonly { readonly match: RequestMatch }[], Index>()

const indexFor = (list: readonly { readonly match: RequestMatch }[]): Index => {
  const known = indexes.get(list)
  if (known) return known
  const index = indexOf(list.map(({ match }) => match))
  indexes.set(list, index)
  return index
}

/** Lists of the places of what matches, each ascending: so many steps as the path has segments, however long `list` is. */
const placesOf = (
  list: readonly { readonly match: RequestMatch }[],
  method: string,
  path: string
): (readonly number[])[] => {
  const lists: (readonly number[])[] = []
  const root = list.length === 0 || !path.startsWith('/') ? undefined : indexFor(list).get(method)
  if (root) collect(root, path, path === '/' ? 2 : 1, lists)
  return lists
}

/** The first rule that matches; rules after it do not count. */
export const findRule = (policy: Policy | undefined, request: RequestHead): PolicyRule | undefined => {
  if (!policy) return undefined
  const { path } = splitTarget(request.target)
  let least = Infinity
  for (const [place = Infinity] of placesOf(policy.rules, request.method, path))
    least = Math.min(least, place)
  return policy.rules[least]
}

/** Every write invalidation that matches. */
export const matchWrites = (policy: Policy | undefined, request: RequestHead): MatchedWrite[] => {
  if (!policy) return []
  const { path } = splitTarget(request.target)
  return placesOf(policy.onWrite, request.method, path)
    .flat()
    .sort((a, b) => a - b)
    .flatMap((place) => {
      const found = policy.onWrite[place]
      const params = found && matchPath(found.match.path, path)
      return found && params ? [{ found, params }] : []
    })
}
