import type { TagTemplate } from '@alexandrite/api'
import { renderTag } from '@alexandrite/api/tags'
import type { TagValues } from '@alexandrite/api/tags'
import { header } from './headers.ts'
import type { RequestHead } from './message.ts'
import { splitTarget } from './message.ts'
import { queryValue } from './query.ts'

/** Characters of a tag at most; longer ones are cut, on storing and on purging alike. */
export const MAX_TAG = 256

/**
 * Purge marks. Every stored answer carries ALL, its URL's mark, one mark for each of its tags and, under a rule
 * that gives tags, that rule's; a purge raises the epoch of a mark. The prefixes keep a tag named "all" from
 * meaning everything.
 */
export const ALL_MARK = '*'
export const tagMark = (tag: string): string => `t:${tag.slice(0, MAX_TAG)}`
export const urlMark = (urlKey: string): string => `u:${urlKey}`
/** For when it is not known which of a rule's tags went stale. */
export const ruleMark = (rule: string): string => `r:${rule}`

/** Renders tag templates for a request. A tag whose reference has no value is dropped. */
export const renderTags = (
  templates: readonly TagTemplate[],
  request: RequestHead,
  params: Readonly<Record<string, string>>
): string[] => {
  const valueOf: TagValues = (from, name) => {
    if (from === 'path') return params[name]
    return from === 'header'
      ? header(request.headers, name)
      : queryValue(splitTarget(request.target).query, name)
  }
  const tags = templates.map((template) => renderTag(template, valueOf)).filter((tag) => tag !== undefined)
  return [...new Set(tags.map((tag) => tag.slice(0, MAX_TAG)))]
}
