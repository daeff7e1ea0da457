/** A Helm chart from the same objects that deploy/ holds. */
import { HEADER, objectText } from '../synthesis.ts'
import type { KubeObject } from '../synthesis.ts'
import { initialOf } from './knob.ts'
import type { Knob, Switch, Variant } from './knob.ts'
import { fileTemplate, onlyWhen } from './template.ts'
import type { Templates } from './template.ts'
import { schemaText, valuesText } from './values.ts'
import type { Value } from './values.ts'

export interface HelmChart {
  readonly name: string
  readonly description: string
  /** The objects of each file. */
  readonly objects: ReadonlyMap<string, readonly KubeObject[]>
  readonly knobs: readonly Knob[]
  /** Values that only conditions read. */
  readonly switches: readonly Switch[]
  readonly variants: readonly Variant[]
  /** Files that are there only under a condition. */
  readonly optional: Readonly<Record<string, string>>
  /** Values that change files of a program: with other ones than the usual its hash is another. */
  readonly restarts: readonly { readonly hash: string; readonly values: string }[]
}

/** The first version with everything that the objects use: native sidecars are on since 1.29. */
const KUBERNETES = '>=1.29.0-0'
const VERSION = '0.1.0'

/** Path of each file below charts/, and its content. */
export function chartFiles(chart: HelmChart): Map<string, string> {
  const all = [...chart.objects.values()].flat()
  const templates: Templates = { knobs: chart.knobs, variants: chart.variants, all }
  const values = [
    ...chart.switches,
    ...chart.knobs.map((knob) => ({ ...knob, initial: initialOf(knob, all) }))
  ].sort((a, b) => a.value.localeCompare(b.value))
  const folder = (file: string) => `${chart.name}/${file}`
  return new Map([
    [folder('Chart.yaml'), HEADER + objectText(head(chart))],
    [folder('values.yaml'), valuesText(values)],
    [folder('values.schema.json'), schemaText(values)],
    ...[...chart.objects].map(([file, objects]): [string, string] =>
      objects.every(({ kind }) => kind === 'CustomResourceDefinition')
        ? // Helm installs these first and leaves them when the chart goes: tiers would go with them.
          [folder(`crds/${file}.yaml`), HEADER + objects.map(objectText).join('---\n')]
        : [
            folder(`templates/${file}.yaml`),
            templateText(chart, file, { text: fileTemplate(file, objects, templates), values })
          ]
    )
  ])
}

const head = ({ name, description }: HelmChart): object => ({
  apiVersion: 'v2',
  name,
  description,
  type: 'application',
  version: VERSION,
  appVersion: VERSION,
  kubeVersion: KUBERNETES
})

function templateText({ optional, restarts }: HelmChart, file: string, template: Template): string {
  const text = restarts.reduce((written, { hash, values }) => {
    const set = `.Values.${values} | toJson`
    const usual = JSON.stringify(Object.fromEntries(subtree(template.values, values)))
    return written.replaceAll(
      hash,
      `${hash}{{ if ne (${set}) \`${usual}\` }}-{{ ${set} | sha256sum | trunc 8 }}{{ end }}`
    )
  }, template.text)
  const condition = optional[file]
  return condition === undefined ? text : onlyWhen(condition, text)
}

interface Template {
  readonly text: string
  readonly values: readonly Value[]
}

/** The values below a path, with keys in the order of the alphabet, as Helm writes JSON. */
const subtree = (values: readonly Value[], path: string): [string, unknown][] => {
  const below = values
    .filter(({ value }) => value.startsWith(`${path}.`))
    .map(({ value, initial }) => ({ key: value.slice(path.length + 1).split('.')[0] ?? '', value, initial }))
  return [...Map.groupBy(below, ({ key }) => key)].sort().map(([key, group]) => {
    const [only] = group
    const isLeaf = group.length === 1 && only?.value === `${path}.${key}`
    return [key, isLeaf ? only.initial : Object.fromEntries(subtree(values, `${path}.${key}`))]
  })
}
