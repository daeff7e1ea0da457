import type { EventTagPart, EventTagTemplate, TagPart, TagTemplate } from './policy.ts'

const REFERENCE = /\{(path|query|header)\.([A-Za-z0-9_.-]+)\}/g
const EVENT_REFERENCE = /\{(body|key)\.([A-Za-z0-9_.-]+)\}/g

/** Splits a validated template: `order:{path.id}` → text order:, path parameter id. Header names in lower case. */
export const parseTag = (template: string): TagTemplate => split(template, REFERENCE, reference)

/** Splits a validated template of events: `order:{body.orderId}` → text order:, property orderId. */
export const parseEventTag = (template: string): EventTagTemplate =>
  split(template, EVENT_REFERENCE, (from, name): EventTagPart => ({
    from: from === 'body' ? 'body' : 'key',
    name
  }))

function split<Part>(
  template: string,
  references: RegExp,
  partOf: (from: string, name: string) => Part
): (Part | { text: string })[] {
  const parts: (Part | { text: string })[] = []
  let end = 0
  for (const found of template.matchAll(references)) {
    if (found.index > end) parts.push({ text: template.slice(end, found.index) })
    parts.push(partOf(found[1] ?? '', found[2] ?? ''))
    end = found.index + found[0].length
  }
  if (end < template.length) parts.push({ text: template.slice(end) })
  return parts
}

function reference(from: string, name: string): TagPart {
  if (from === 'header') return { from, name: name.toLowerCase() }
  return { from: from === 'path' ? 'path' : 'query', name }
}

/** What a request gives to a tag template: path parameters, query parameters and lower-case header fields. */
export type TagValues = (from: 'path' | 'query' | 'header', name: string) => string | undefined
/** What a message gives: properties of its JSON body (dots go deeper) and words of its routing key from 0. */
export type EventTagValues = (from: 'body' | 'key', name: string) => string | undefined

/** The tag of one request, or undefined when a reference has no value. */
export const renderTag: (template: TagTemplate, valueOf: TagValues) => string | undefined = render

/** The tag of one event, or undefined when a reference has no value. */
export const renderEventTag: (template: EventTagTemplate, valueOf: EventTagValues) => string | undefined =
  render

function render<From extends string>(
  template: readonly ({ readonly text: string } | { readonly from: From; readonly name: string })[],
  valueOf: (from: From, name: string) => string | undefined
): string | undefined {
  let tag = ''
  for (const part of template) {
    const value = 'text' in part ? part.text : valueOf(part.from, part.name)
    if (value === undefined || value === '') return undefined
    tag += value
  }
  return tag
}
