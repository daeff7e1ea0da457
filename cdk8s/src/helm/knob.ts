/** A setting of a Helm chart: where it stands in values.yaml, and where in the objects. */
import type { KubeObject } from '../synthesis.ts'

/** A step into an object: a key, or the element of a list with this name. */
export type Step = string | number | { readonly named: string }

export interface Target {
  readonly kind: string
  readonly name: string
  readonly path: readonly Step[]
  /**
   * The part of the text at the path that is the value.
   * @default - all of it
   */
  readonly part?: string
}

export interface Knob {
  /** Path in values.yaml. */
  readonly value: string
  /** A sentence for values.yaml and the schema. */
  readonly description: string
  /** JSON Schema of the value; its type and default come from the objects. */
  readonly schema?: Readonly<Record<string, unknown>>
  /** Everywhere it stands; all hold the same default. */
  readonly targets: readonly Target[]
}

/** A part of the objects that depends on a value. */
export interface Variant {
  /** A condition of a Helm template, such as `.Values.otlpEndpoint`. */
  readonly when: string
  /** The objects of each file under that condition; those that do not differ are ignored. */
  readonly objects: ReadonlyMap<string, readonly KubeObject[]>
  /** Texts in those objects that stand for values. */
  readonly marks: Readonly<Record<string, VariantMark>>
}

export interface VariantMark {
  /** Path in values.yaml. */
  readonly value: string
  /** Where the value is empty, the line is not there. */
  readonly whenEmpty?: 'NoLine'
}

/** A setting that only conditions read. */
export interface Switch {
  readonly value: string
  readonly description: string
  readonly initial: string | boolean
  readonly schema?: Readonly<Record<string, unknown>>
}

interface Place {
  readonly parent: Record<string | number, unknown>
  readonly key: string | number
}

/** The object that holds the last step of a path; undefined where the path leads nowhere. */
function placeOf(object: unknown, path: readonly Step[]): Place | undefined {
  const [step, ...rest] = path
  if (step === undefined || typeof object !== 'object' || object === null) return undefined
  const key = keyOf(object, step)
  const parent = object as Record<string | number, unknown>
  if (key === undefined || !(key in parent)) return undefined
  return rest.length === 0 ? { parent, key } : placeOf(parent[key], rest)
}

const keyOf = (object: object, step: Step): string | number | undefined => {
  if (typeof step !== 'object') return step
  const index = (object as { readonly name?: string }[]).findIndex(({ name }) => name === step.named)
  return index < 0 ? undefined : index
}

const isMeant = (object: KubeObject, { kind, name }: Target): boolean =>
  object.kind === kind && object.metadata.name === name

/** What the knob is when nobody turns it. @throws when a target is not there */
export function initialOf(knob: Knob, objects: readonly KubeObject[]): unknown {
  const found = knob.targets.map((target) => {
    const object = objects.find((each) => isMeant(each, target))
    const place = placeOf(object, target.path)
    if (place === undefined)
      throw new Error(
        `charts: ${knob.value} has no place ${JSON.stringify(target.path)} in ${target.kind} ${target.name}`
      )
    return target.part ?? place.parent[place.key]
  })
  const [initial] = found
  if (found.some((each) => JSON.stringify(each) !== JSON.stringify(initial)))
    throw new Error(`charts: ${knob.value} has different values in its places`)
  return initial
}

/** What stands in an object for a value, until its text is written: for all of a text, or for a part of it. */
const markOf = (index: number): string => `KNOB_${index}_`
const partMarkOf = (index: number): string => `PART_${index}_`

/** Puts the mark of each knob where its value stands. Objects without a place of a knob stay as they are. */
export function withMarks(object: KubeObject, knobs: readonly Knob[]): KubeObject {
  const marked = structuredClone(object)
  knobs.forEach(({ targets }, index) => {
    for (const target of targets.filter((each) => isMeant(object, each))) {
      const place = placeOf(marked, target.path)
      if (place === undefined) continue
      const { parent, key } = place
      const text = parent[key]
      parent[key] =
        target.part === undefined ? markOf(index) : String(text).replaceAll(target.part, partMarkOf(index))
    }
  })
  return marked
}
