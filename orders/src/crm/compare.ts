/**
 * Whether two copies of an order agree, when changes are always under way between them. A difference seen once says
 * nothing; two looks, some time apart, do.
 */
import { FIELDS } from './read-order.ts'
import type { Field, ReadOrder } from './read-order.ts'

/** missing: the copy lacks it. stale: it stayed behind. ahead: it has a version that the source does not have. */
export const DIVERGENCES = ['missing', 'extra', 'stale', 'ahead', 'different'] as const
export type DivergenceKind = (typeof DIVERGENCES)[number]

/** One order on both sides; the source is always read before the model. */
export interface Look {
  readonly source: ReadOrder | undefined
  readonly model: ReadOrder | undefined
}

export type Verdict = 'Agreed' | 'UnderWay' | DivergenceKind

/** Fields in which the two differ. */
export const differing = (a: ReadOrder, b: ReadOrder): Field[] =>
  FIELDS.filter((field) => a[field] !== b[field])

/** Whether a look needs a second one. */
export const agreed = ({ source, model }: Look): boolean =>
  source === undefined || model === undefined
    ? source === model
    : source.version === model.version && differing(source, model).length === 0

/**
 * What two looks prove, the second at least as long after the first as an event may take. What the source had at the
 * first, the model must have at the second; what the model had at the first, the source must have at the second. A row
 * that changes all the time is neither missing nor stale as long as its copy follows.
 */
export function verdict(first: Look, second: Look): Verdict {
  if (agreed(second)) return 'Agreed'
  return behind(first.source, second.model) ?? invented(first.model, second.source) ?? unlike(second)
}

function behind(wanted: ReadOrder | undefined, model: ReadOrder | undefined): DivergenceKind | undefined {
  if (wanted === undefined) return undefined
  if (model === undefined) return 'missing'
  return model.version < wanted.version ? 'stale' : undefined
}

function invented(copied: ReadOrder | undefined, source: ReadOrder | undefined): DivergenceKind | undefined {
  if (copied === undefined) return undefined
  if (source === undefined) return 'extra'
  return copied.version > source.version ? 'ahead' : undefined
}

/** A version has one content: no event under way could explain another. */
const unlike = ({ source, model }: Look): Verdict =>
  source !== undefined && source.version === model?.version ? 'different' : 'UnderWay'
