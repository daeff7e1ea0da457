/** Which labels the result of each part of a query can have, and what is asked of labels that are not there. */
import type { SyntaxNode } from '@lezer/common'
import { didYouMean } from '../nearest.ts'
import { select } from './selector.ts'
import type { Fault } from './selector.ts'
import type { Series, SeriesIndex } from './series.ts'
import { childrenOf, groupingLabels, matchersOf, textOf, unquoted } from './tree.ts'
import type { Query } from './tree.ts'

type Labels = ReadonlySet<string>
interface Sides {
  readonly left: Labels
  readonly right: Labels
}
/** How the series of two sides find each other. */
interface Matching {
  readonly by: 'on' | 'ignoring'
  readonly names: readonly string[]
  /** Labels that group_left and group_right take from the side of the one. */
  readonly carried: readonly string[]
  /** Undefined: one to one. */
  readonly many: 'left' | 'right' | undefined
}

const NONE: Labels = new Set()
/** These keep the series that they choose as they are. */
const CHOOSING = new Set(['topk', 'bottomk', 'limitk', 'limit_ratio'])
/** The left side stays as it is. */
const FILTERING = new Set(['and', 'unless'])
const OF_COUNTERS = new Set(['rate', 'irate', 'increase', 'resets'])
const OF_GAUGES = new Set(['delta', 'idelta', 'deriv', 'predict_linear'])

const union = (...sets: readonly Labels[]): Labels => new Set(sets.flatMap((set) => [...set]))
const minus = (set: Labels, names: readonly string[]): Labels =>
  new Set([...set].filter((name) => !names.includes(name)))

const matchedLabels = ({ by, names, carried, many }: Matching, sides: Sides, operator: string): Labels => {
  if (many) return union(sides[many], new Set(carried))
  if (FILTERING.has(operator)) return sides.left
  const both = union(sides.left, sides.right)
  if (operator === 'or') return both
  return by === 'on' ? new Set(names) : minus(both, names)
}

/** Walks one query. */
export class LabelFlow {
  readonly faults: Fault[] = []
  readonly #query: Query
  readonly #index: SeriesIndex

  constructor(query: Query, index: SeriesIndex) {
    this.#query = query
    this.#index = index
  }

  /** Labels that the result of this part can have. */
  of(node: SyntaxNode): Labels {
    switch (node.name) {
      case 'VectorSelector':
        return union(...this.#selected(node).map(({ labels }) => new Set(labels.keys())))
      case 'AggregateExpr':
        return this.#aggregate(node)
      case 'FunctionCall':
        return this.#call(node)
      case 'BinaryExpr':
        return this.#binary(node)
      default:
        return union(...childrenOf(node).map((child) => this.of(child)))
    }
  }

  #text(node: SyntaxNode): string {
    return textOf(this.#query, node)
  }

  #selected(selector: SyntaxNode): readonly Series[] {
    const { series, faults } = select(matchersOf(this.#query, selector), this.#index)
    this.faults.push(...faults)
    return series
  }

  #require(names: readonly string[], labels: Labels, where: SyntaxNode): void {
    for (const name of names) {
      if (labels.has(name)) continue
      const have = labels.size === 0 ? 'It has none' : `It has ${[...labels].join(', ')}`
      const message = `what it is about has no label ${name}.${didYouMean(name, labels)} ${have}.`
      this.faults.push({ signal: this.#text(where), message })
    }
  }

  #arguments(call: SyntaxNode): SyntaxNode[] {
    const body = call.getChild('FunctionCallBody')
    return body ? childrenOf(body) : []
  }

  /** Of a part whose signals are unknown nothing more is said. */
  #known(labels: Labels): boolean {
    return labels.size > 0 || this.faults.length === 0
  }

  #aggregate(node: SyntaxNode): Labels {
    const all = this.#arguments(node)
    const labels = this.of(all.at(-1) ?? node)
    const names = this.#grouped(node.getChild('AggregateModifier') ?? node)[0] ?? []
    if (this.#known(labels)) this.#require(names, labels, node)
    const operator = this.#text(node.firstChild ?? node).toLowerCase()
    if (CHOOSING.has(operator)) return labels
    const without = node.getChild('AggregateModifier')?.getChild('Without')
    const kept = without ? minus(labels, names) : new Set(names)
    return operator === 'count_values' ? union(kept, this.#named(all.slice(0, 1))) : kept
  }

  /** Labels that strings name. */
  #named(strings: readonly SyntaxNode[]): Labels {
    return new Set(strings.map((each) => unquoted(this.#text(each))))
  }

  /** The lists of labels in a modifier. */
  #grouped(modifier: SyntaxNode): string[][] {
    return modifier.getChildren('GroupingLabels').map((labels) => groupingLabels(this.#query, labels))
  }

  #call(node: SyntaxNode): Labels {
    const name = this.#text(node.firstChild ?? node)
    const all = this.#arguments(node)
    if (OF_COUNTERS.has(name) || OF_GAUGES.has(name)) this.#checkKind(node, name)
    if (name.startsWith('label_')) return this.#relabelled(node, name, all)
    const labels = union(...all.map((argument) => this.of(argument)))
    if (!name.startsWith('histogram_quantile')) return labels
    if (this.#known(labels) && !labels.has('le')) {
      const message = 'without the label le there is no quantile: keep it, as in sum by (le) (…_bucket…).'
      this.faults.push({ signal: this.#text(node), message })
    }
    return minus(labels, ['le'])
  }

  /** label_replace(v, dst, replacement, src, regex); label_join(v, dst, separator, src…). */
  #relabelled(node: SyntaxNode, name: string, [vector, ...rest]: readonly SyntaxNode[]): Labels {
    const labels = vector ? this.of(vector) : NONE
    const texts = rest.map((argument) => unquoted(this.#text(argument)))
    const [target = ''] = texts
    const sources = name === 'label_join' ? texts.slice(2) : texts.slice(2, 3)
    // label_replace with an empty source sets a constant.
    this.#require(
      sources.filter((source) => source !== ''),
      labels,
      node
    )
    return union(labels, new Set([target]))
  }

  /** The rate of a gauge and the slope of a counter are numbers that mean nothing. */
  #checkKind(call: SyntaxNode, name: string): void {
    const selector = this.#arguments(call)[0]?.getChild('VectorSelector')
    if (!selector) return
    const { series } = select(matchersOf(this.#query, selector), this.#index)
    const wrong = OF_COUNTERS.has(name) ? 'Gauge' : 'Counter'
    for (const each of series.filter(({ kind }) => kind === wrong)) {
      const instead = wrong === 'Gauge' ? 'delta, deriv or …_over_time' : 'rate or increase'
      const message = `${name}() of a ${wrong.toLowerCase()} means nothing: use ${instead}.`
      this.faults.push({ signal: each.name, message })
    }
  }

  #binary(node: SyntaxNode): Labels {
    const all = childrenOf(node)
    const [first, last] = [all[0] ?? node, all.at(-1) ?? node]
    const sides: Sides = { left: this.of(first), right: this.of(last) }
    const operator = this.#text(all[1] ?? node).toLowerCase()
    const clause = node.getChild('MatchingModifierClause')
    if (clause) {
      const matching = this.#matching(clause)
      this.#checkMatching(clause, matching, sides)
      return matchedLabels(matching, sides, operator)
    }
    return FILTERING.has(operator) ? sides.left : union(sides.left, sides.right)
  }

  #matching(clause: SyntaxNode): Matching {
    const [names = [], carried = []] = this.#grouped(clause)
    const by = clause.getChild('On') ? 'on' : 'ignoring'
    if (clause.getChild('GroupLeft')) return { by, names, carried, many: 'left' }
    if (clause.getChild('GroupRight')) return { by, names, carried, many: 'right' }
    return { by, names, carried, many: undefined }
  }

  #checkMatching(clause: SyntaxNode, { by, names, carried, many }: Matching, { left, right }: Sides): void {
    if (left.size === 0 || right.size === 0) return
    const required = by === 'on' ? [left, right] : [union(left, right)]
    for (const labels of required) this.#require(names, labels, clause)
    this.#require(carried, many === 'right' ? left : right, clause)
  }
}
