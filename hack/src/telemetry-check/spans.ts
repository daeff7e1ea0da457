/** Whether the spans of a tracing backend are those that the catalogue declares. */
import { SPAN_TAGS, spans as declared } from '@alexandrite/catalogue'
import type { Span as DeclaredSpan } from '@alexandrite/catalogue'
import type { Span } from '../stack/queries.ts'
import type { Expected } from './series.ts'

/** A segment of a route is a word or a parameter: an id in it would make names endless. */
const ROUTE = String.raw`(?:unmatched|/\*?|(?:/(?:[A-Za-z_:*][\w:*.-]*))+/?)`
const PLACEHOLDERS: Readonly<Record<string, string>> = {
  method: '(?:[A-Z]+|_OTHER)',
  route: ROUTE,
  'path of the rule': ROUTE,
  controller: '[a-z-]+',
  plural: '[a-z]+(?:/[a-z]+)?',
  query: String.raw`[a-z_]+(?:\.[a-z_]+)*`
}
const COMMON = SPAN_TAGS.map(({ name }) => name)

const patternOf = (name: string): RegExp =>
  new RegExp(`^${name.replaceAll(/\{([^}]*)\}/g, (_, key: string) => PLACEHOLDERS[key] ?? '.+')}$`)

const matches = (span: Span, { name, kind, services }: DeclaredSpan): boolean =>
  services.includes(span.service) && span.tags['span.kind'] === kind && patternOf(name).test(span.name)

const candidates = (span: Span): DeclaredSpan[] => declared.filter((each) => matches(span, each))

/** A sentence for each span or attribute that is missing, unknown, or otherwise than declared. */
export const spanProblems = (seen: readonly Span[], expected: Expected): string[] => {
  const here = seen.filter(({ service }) => expected.services.includes(service))
  return [
    ...new Set([...here.flatMap(unknown), ...(expected.phase === 'Loaded' ? missing(here, expected) : [])])
  ]
}

const unknown = (span: Span): string[] => {
  const { service, name, tags } = span
  const found = candidates(span)
  if (found.length === 0)
    return [
      `${service} emits the ${tags['span.kind'] ?? 'internal'} span "${name}", which nobody declares: ` +
        'declare it in catalogue/src/spans.ts, with a template for what differs'
    ]
  const known = [...COMMON, ...found.flatMap(({ attributes }) => attributes.map((each) => each.name))]
  return Object.keys(tags)
    .filter((tag) => !known.includes(tag))
    .map((tag) => `${service}: the span "${found[0]?.name}" has the attribute ${tag}, which nobody declares`)
}

const missing = (here: readonly Span[], { services }: Expected): string[] =>
  declared.flatMap((span) =>
    span.services
      .filter((service) => services.includes(service))
      .flatMap((service) => missingOf(here, span, service))
  )

const missingOf = (here: readonly Span[], span: DeclaredSpan, service: string): string[] => {
  const all = here.filter((each) => each.service === service && matches(each, span))
  if (all.length === 0) return [`${service} emits no ${span.kind} span "${span.name}", which is declared`]
  return span.attributes
    .filter(
      ({ name, presence = 'OnUse' }) => presence === 'OnUse' && all.every(({ tags }) => !(name in tags))
    )
    .map(({ name }) => `${service}: no span "${span.name}" has the attribute ${name}, which is declared`)
}
