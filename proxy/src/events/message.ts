import type { EventTagTemplate } from '@alexandrite/api'
import { renderEventTag } from '@alexandrite/api/tags'
import type { EventTagValues } from '@alexandrite/api/tags'

/** What of a broker's message tags are made of. */
export interface EventMessage {
  readonly routingKey: string
  readonly content: Buffer
}

/** A larger body is not looked into: an event names what changed, it does not carry it. */
const MAX_BODY_BYTES = 256 * 1024

/** A number that JavaScript cannot hold keeps its digits: a 64-bit id must make the tag that its URL makes. */
const exactly = (_key: string, value: unknown, context?: { readonly source?: string }): unknown =>
  typeof value === 'number' && !Number.isSafeInteger(value) ? (context?.source ?? value) : value

/** Undefined for what is no JSON. */
const parseBody = (content: Buffer): unknown => {
  if (content.length > MAX_BODY_BYTES) return undefined
  try {
    return JSON.parse(content.toString('utf8'), exactly) as unknown
  } catch {
    return undefined
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

/** The property at a dotted path; only what the message itself has, never what objects inherit. */
const property = (body: unknown, path: string): string | undefined => {
  let value = body
  for (const name of path.split('.')) {
    if (!isObject(value) || !Object.hasOwn(value, name)) return undefined
    value = value[name]
  }
  return ['string', 'number', 'boolean'].includes(typeof value) ? String(value) : undefined
}

/**
 * The tags that an event makes stale. A tag whose property or word is missing is left out; of a body that is
 * no JSON all properties are missing. Never throws: anyone may publish anything.
 */
export const tagsOfEvent = (templates: readonly EventTagTemplate[], message: EventMessage): string[] => {
  let body: { readonly value: unknown } | undefined
  const words = message.routingKey.split('.')
  const valueOf: EventTagValues = (from, name) => {
    if (from === 'key') return words[Number(name)]
    body ??= { value: parseBody(message.content) }
    return property(body.value, name)
  }
  const tags = templates.map((template) => renderEventTag(template, valueOf))
  return [...new Set(tags.filter((tag) => tag !== undefined))]
}
