/** Objects as a Helm template. */
import { HEADER, objectText } from '../synthesis.ts'
import type { KubeObject } from '../synthesis.ts'
import { initialOf, withMarks } from './knob.ts'
import type { Knob, Variant } from './knob.ts'

/** Templates of others (Prometheus', Grafana's) are text here. */
const escaped = (text: string): string => text.replaceAll('{{', '{{ "{{" }}')

interface Replacement {
  readonly reference: string
  readonly initial: unknown
}

const PART = /PART_(\d+)_/g
/** A line that ends with the mark of a whole value, after a key, a dash or both. */
const WHOLE_LINE = /^(\s*(?:- )?)((?:[^\s:]+: )?)KNOB_(\d+)_$/

function lineText(line: string, replacements: readonly Replacement[]): string {
  const [, indent = '', key = '', index] = WHOLE_LINE.exec(line) ?? []
  const whole = replacements[Number(index)]
  if (index === undefined || whole === undefined)
    return line.replaceAll(PART, (_, each: string) => `{{ ${replacements[Number(each)]?.reference ?? ''} }}`)
  const { reference, initial } = whole
  if (typeof initial === 'object')
    return `${indent}${key.trimEnd()}{{- toYaml ${reference} | nindent ${indent.length + 2} }}`
  return `${indent}${key}{{ ${reference}${typeof initial === 'string' ? ' | quote' : ''} }}`
}

export interface Templates {
  /** Settings of all files. */
  readonly knobs: readonly Knob[]
  readonly variants: readonly Variant[]
  /** Objects of all files. */
  readonly all: readonly KubeObject[]
}

const referenceOf = ({ value }: Knob): string => `.Values.${value}`

function objectTemplate(object: KubeObject, { knobs, all }: Templates): string {
  const replacements = knobs.map((knob) => ({
    reference: referenceOf(knob),
    initial: initialOf(knob, all)
  }))
  return escaped(objectText(withMarks(object, knobs)))
    .split('\n')
    .map((line) => lineText(line, replacements))
    .join('\n')
}

/** Texts that stand for values, by what reads the values. */
function withReferences(text: string, marks: Variant['marks']): string {
  return Object.entries(marks).reduce((written, [mark, { value, whenEmpty }]) => {
    if (whenEmpty === undefined) return written.replaceAll(mark, `{{ .Values.${value} }}`)
    return written
      .split('\n')
      .map((line) =>
        line.includes(mark)
          ? `{{- with .Values.${value} }}\n${line.replaceAll(mark, '{{ . }}')}\n{{- end }}`
          : line
      )
      .join('\n')
  }, text)
}

/** One file of templates; an object that differs under a condition stands there in both forms. */
export function fileTemplate(file: string, objects: readonly KubeObject[], templates: Templates): string {
  const texts = objects.map((object, index) => {
    const usual = objectTemplate(object, templates)
    const other = templates.variants.flatMap(({ when, objects: files, marks }) => {
      const varied = files.get(file)?.[index]
      const text = varied === undefined ? usual : withReferences(objectTemplate(varied, templates), marks)
      return text === usual ? [] : [{ when, text }]
    })
    if (other.length > 1)
      throw new Error(`charts: two conditions change ${object.kind} ${object.metadata.name}`)
    const [variant] = other
    if (variant === undefined) return usual
    return `{{- if ${variant.when} }}\n${variant.text}{{- else }}\n${usual}{{- end }}\n`
  })
  return HEADER + texts.join('---\n')
}

/** The whole file only where the value is set. */
export const onlyWhen = (condition: string, text: string): string =>
  `{{- if ${condition} }}\n${text}{{- end }}\n`
