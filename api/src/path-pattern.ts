import type { PathPattern, PathSegment } from './policy.ts'

/** Splits a validated pattern: `/api/orders/:id/*` → literal api, literal orders, param id, and rest. */
export function parsePath(source: string): PathPattern {
  const rest = source.endsWith('/*')
  const parts = source.slice(1, rest ? -2 : undefined).split('/')
  const segments = parts.length === 1 && parts[0] === '' ? [] : parts.map(parseSegment)
  return { source, segments, rest }
}

const parseSegment = (part: string): PathSegment =>
  part.startsWith(':') ? { param: part.slice(1) } : { literal: part }

/**
 * Parameters of a path that the pattern matches, else undefined. `path` is a URL's path as it came, without the
 * query: compared literally and case-sensitively, values are not percent-decoded. A parameter takes one
 * segment that is not empty; a slash at the end is a segment of its own, so /orders/ is not /orders.
 */
export function matchPath(pattern: PathPattern, path: string): Record<string, string> | undefined {
  if (!path.startsWith('/')) return undefined
  const parts = path === '/' ? [] : path.slice(1).split('/')
  const { segments, rest } = pattern
  if (rest ? parts.length < segments.length : parts.length !== segments.length) return undefined
  const params: Record<string, string> = {}
  for (const [index, segment] of segments.entries()) {
    const part = parts[index] ?? ''
    if ('literal' in segment ? segment.literal !== part : part === '') return undefined
    if ('param' in segment) params[segment.param] = part
  }
  return params
}
