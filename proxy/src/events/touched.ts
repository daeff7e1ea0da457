import type { Policy } from '@alexandrite/api'
import { MAX_TAG, ruleMark } from '../engine/tags.ts'

/** A tag template of a rule or of events: text and references. */
type Template = readonly object[]

interface Beginning {
  /** The text before the first reference. */
  readonly text: string
  /** True when there is no reference: the text is the whole tag. */
  readonly whole: boolean
}

const textOf = (part: object): string | undefined =>
  'text' in part && typeof part.text === 'string' ? part.text : undefined

const beginning = (template: Template): Beginning => {
  let text = ''
  for (const part of template) {
    const more = textOf(part)
    if (more === undefined) return { text: text.slice(0, MAX_TAG), whole: false }
    text += more
  }
  return { text: text.slice(0, MAX_TAG), whole: true }
}

/**
 * Whether the two templates can make the same tag. References may stand for anything, so only the text before the
 * first one tells them apart; not the text at the end, because long tags are cut. Says yes too often, never too
 * seldom.
 */
export const canMeet = (one: Template, other: Template): boolean => {
  const [a, b] = [beginning(one), beginning(other)]
  if (a.whole && b.whole) return a.text === b.text
  if (a.whole) return a.text.startsWith(b.text)
  if (b.whole) return b.text.startsWith(a.text)
  return a.text.startsWith(b.text) || b.text.startsWith(a.text)
}

/** Marks of the rules whose answers an event can make stale: what goes when events may have been missed. */
export const touchedByEvents = (policy: Policy): string[] => {
  const events = policy.amqp?.tags ?? []
  const touched = policy.rules.filter(({ tags }) =>
    tags.some((tag) => events.some((event) => canMeet(tag, event)))
  )
  return [...new Set(touched.map(({ name }) => ruleMark(name)))]
}
