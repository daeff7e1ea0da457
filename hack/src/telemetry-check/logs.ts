/** Whether log lines have the fields that the catalogue declares, and no others. */
import { LOG_INDEX_LABELS, LOG_METADATA, logFields, services } from '@alexandrite/catalogue'
import type { LogLine } from '../stack/queries.ts'
import type { Expected } from './series.ts'

const OURS = services.filter(({ software }) => software === 'Ours').map(({ name }) => name)
const LABELS = [...Object.keys(LOG_INDEX_LABELS), ...Object.keys(LOG_METADATA)]

interface Line {
  readonly service: string
  readonly fields: Readonly<Record<string, unknown>> | undefined
  readonly labels: readonly string[]
}

const read = ({ labels, line }: LogLine): Line => ({
  service: labels.service_name ?? '',
  fields: objectOf(line),
  labels: Object.keys(labels)
})

const objectOf = (line: string): Readonly<Record<string, unknown>> | undefined => {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? { ...value } : undefined
  } catch {
    return undefined
  }
}

/** A sentence for each field or label that is missing, unknown, or otherwise than declared. No line is repeated in it. */
export const logProblems = (lines: readonly LogLine[], expected: Expected): string[] => {
  const running = OURS.filter((name) => expected.services.includes(name))
  const all = lines.map(read)
  return [
    ...new Set([
      ...all.flatMap(labelProblems),
      ...running.flatMap((service) => {
        const own = all.filter((line) => line.service === service)
        return [...own.flatMap(fieldProblems), ...missing(service, own, expected)]
      })
    ])
  ]
}

const labelProblems = ({ service, labels }: Line): string[] =>
  labels
    .filter((label) => !LABELS.includes(label))
    .map(
      (label) => `lines of ${service} have the label ${label}: declare it in catalogue/src/logs.ts or drop it`
    )

const declaredOf = (service: string) => logFields.filter((each) => each.services.includes(service))

const fieldProblems = ({ service, fields }: Line): string[] => {
  if (!fields) return [`${service} writes a line that is no JSON object`]
  const declared = declaredOf(service)
  const unknown = Object.keys(fields).filter((name) => !declared.some((each) => each.name === name))
  const absent = declared.filter(({ name, presence }) => presence === 'Always' && !(name in fields))
  return [
    ...unknown.map(
      (name) =>
        `${service} writes the field ${name}, which nobody declares: declare it in catalogue/src/logs.ts`
    ),
    ...absent.map(
      ({ name }) => `${service} writes a line without the field ${name}, which is declared as Always`
    )
  ]
}

const missing = (service: string, own: readonly Line[], { phase }: Expected): string[] => {
  if (own.length === 0) return [`${service} has no log lines`]
  if (phase === 'Idle') return []
  return declaredOf(service)
    .filter(
      ({ name, presence }) => presence === 'OnUse' && own.every(({ fields }) => !fields || !(name in fields))
    )
    .map(({ name }) => `${service} writes no line with the field ${name}, which is declared as OnUse`)
}
