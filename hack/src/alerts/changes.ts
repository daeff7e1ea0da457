/** Changes of one place in a PromQL expression. */
import { childrenOf, parseQuery, textOf, type Query } from '@alexandrite/catalogue/promql/tree'

export const KINDS = ['threshold', 'comparison', 'operator', 'duration', 'label', 'selector'] as const
export type Kind = (typeof KINDS)[number]

/** A place in the syntax tree. */
type SyntaxNode = Query['root']

export interface Change {
  readonly kind: Kind
  readonly change: string
  readonly expr: string
}

/** What takes the place of a piece of the text. */
interface Edit {
  readonly kind: Kind
  readonly from: number
  readonly to: number
  readonly text: string
}

type Editor = (query: Query, node: SyntaxNode) => readonly Edit[]

const others = (kind: Kind, all: readonly string[]): Editor => {
  return (query, node) =>
    all
      .filter((text) => text !== textOf(query, node))
      .map((text) => ({ kind, from: node.from, to: node.to, text }))
}

const COMPARISONS = ['>', '>=', '<', '<=', '==', '!=']
const SETS = ['and', 'or', 'unless']

/** Between two expressions; the same signs stand in matchers. */
const compare: Editor = (query, node) =>
  node.parent?.name === 'BinaryExpr' ? others('comparison', COMPARISONS)(query, node) : []
const combine = others('operator', SETS)
const add = others('operator', ['+', '-'])
const multiply = others('operator', ['*', '/'])
const flipMatcher: Readonly<Record<string, string>> = { '=': '!=', '!=': '=', '=~': '!~', '!~': '=~' }

const replaced = (kind: Kind, node: SyntaxNode, texts: readonly string[]): readonly Edit[] =>
  texts.map((text) => ({ kind, from: node.from, to: node.to, text }))

/** A tenth more and less; zero becomes one, on either side. */
const number: Editor = (query, node) => {
  const value = Number(textOf(query, node))
  const texts =
    value === 0 ? ['1', '(-1)'] : [1.1, 0.9].map((by) => String(Number((value * by).toPrecision(12))))
  return replaced('threshold', node, texts)
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }

/** Twice and half as long. */
const duration: Editor = (query, node) => {
  const [, digits = '', unit = ''] = /^(\d+)([smhd])$/.exec(textOf(query, node)) ?? []
  const seconds = Number(digits) * (SECONDS[unit] ?? NaN)
  if (!Number.isFinite(seconds))
    throw new Error(`${query.expr}: write the duration ${textOf(query, node)} with one unit`)
  return replaced('duration', node, [`${2 * seconds}s`, `${Math.floor(seconds / 2)}s`])
}

/** The other operator, another value, one alternative less, and the matcher left out. */
const matcher: Editor = (query, node) => {
  const [, operator, value] = childrenOf(node)
  if (!operator || !value) return []
  const text = textOf(query, value)
  const next = query.expr[node.to] === ',' ? 1 : 0
  const before = next === 0 && query.expr[node.from - 1] === ',' ? 1 : 0
  return [
    ...replaced('selector', operator, [flipMatcher[textOf(query, operator)] ?? '=']),
    ...replaced('selector', value, ['"mutant"', ...withoutAlternatives(text)]),
    { kind: 'selector', from: node.from - before, to: node.to + next, text: '' }
  ]
}

/** `"a|b|c"` without each; in brackets likewise. */
const withoutAlternatives = (literal: string): readonly string[] => {
  const [, start = '', inner = '', end = ''] = /^("(?:[^|]*\()?)([^()"]+)((?:\)[^|]*)?")$/.exec(literal) ?? []
  const alternatives = inner.split('|')
  return alternatives.length < 2
    ? []
    : alternatives.map((_, index) => start + alternatives.toSpliced(index, 1).join('|') + end)
}

/** Each label left out. */
const grouping: Editor = (query, node) => {
  const labels = childrenOf(node)
    .filter(({ name }) => name === 'LabelName')
    .map((label) => textOf(query, label))
  const texts = labels.map((_, index) => `(${labels.toSpliced(index, 1).join(', ')})`)
  return replaced('label', node, texts)
}

/** Names of labels and their values in label_replace and label_join. */
const argument: Editor = (_, node) =>
  node.parent?.name === 'FunctionCallBody' ? replaced('label', node, ['"mutant"']) : []

const metric: Editor = (_, node) =>
  node.parent?.name === 'VectorSelector' ? replaced('selector', node, ['mutant']) : []

const EDITORS: Readonly<Record<string, Editor>> = {
  Gtr: compare,
  Gte: compare,
  Lss: compare,
  Lte: compare,
  Eql: compare,
  Neq: compare,
  And: combine,
  Or: combine,
  Unless: combine,
  Add: add,
  Sub: add,
  Mul: multiply,
  Div: multiply,
  By: others('label', ['by', 'without']),
  NumberDurationLiteral: number,
  NumberDurationLiteralInDurationContext: duration,
  UnquotedLabelMatcher: matcher,
  GroupingLabels: grouping,
  StringLiteral: argument,
  Identifier: metric
}

const AROUND = 24

/** The change where it is: a few words of the expression before it. */
const described = ({ expr }: Query, { from, to, text }: Edit): string => {
  const before = expr.slice(Math.max(0, from - AROUND), from)
  return `…${before}[${expr.slice(from, to)} → ${text === '' ? 'nothing' : text}]`
}

/** Every change of every place, from left to right. @throws for a duration of several units */
export const changesOf = (expr: string): readonly Change[] => {
  const query = parseQuery(expr)
  const changes: Change[] = []
  const cursor = query.root.cursor()
  do {
    const edits = EDITORS[cursor.name]?.(query, cursor.node) ?? []
    for (const edit of edits)
      changes.push({
        kind: edit.kind,
        change: described(query, edit),
        expr: expr.slice(0, edit.from) + edit.text + expr.slice(edit.to)
      })
  } while (cursor.next())
  return changes
}
