import type { TagPart, TagTemplate } from './policy.ts'

const REFERENCE = /\{(path|query|header)\.([A-Za-z0-9_.-]+)\}/g

/** Splits a validated template: `order:{path.id}` → text order:, path parameter id. Header names in lower case. */
export function parseTag(template: string): TagTemplate {
  const parts: TagPart[] = []
  let end = 0
  for (const found of template.matchAll(REFERENCE)) {
    if (found.index > end) parts.push({ text: template.slice(end, found.index) })
    parts.push(reference(found[1] ?? '', found[2] ?? ''))
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

/** The tag of one request, or undefined when a reference has no value. */
export function renderTag(template: TagTemplate, valueOf: TagValues): string | undefined {
  let tag = ''
  for (const part of template) {
    const value = 'text' in part ? part.text : valueOf(part.from, part.name)
    if (value === undefined || value === '') return undefined
    tag += value
  }
  return tag
}
