/** Reading of the syntax tree that @prometheus-io/lezer-promql makes of a query. */
import { parser } from '@prometheus-io/lezer-promql'
import type { SyntaxNode } from '@lezer/common'

export interface Query {
  readonly expr: string
  readonly root: SyntaxNode
}

/** A matcher between the braces of a selector. */
export interface Matcher {
  readonly label: string
  readonly operator: '=' | '!=' | '=~' | '!~'
  readonly value: string
}

export const parseQuery = (expr: string): Query => ({ expr, root: parser.parse(expr).topNode })

export const textOf = ({ expr }: Query, node: SyntaxNode): string => expr.slice(node.from, node.to)

export const childrenOf = (node: SyntaxNode): SyntaxNode[] => {
  const children: SyntaxNode[] = []
  for (let child = node.firstChild; child; child = child.nextSibling) children.push(child)
  return children
}

/** The text around the first place that cannot be read, or undefined. */
export const syntaxError = ({ expr, root }: Query): string | undefined => {
  const cursor = root.cursor()
  do {
    if (cursor.type.isError) return expr.slice(Math.max(0, cursor.from - 20), cursor.to + 20)
  } while (cursor.next())
  return undefined
}

/** The text of a string literal, without its quotes and escapes. */
export const unquoted = (literal: string): string => {
  if (literal.startsWith('`')) return literal.slice(1, -1)
  return literal.slice(1, -1).replaceAll(/\\(.)/g, '$1')
}

/** Names in `by (a, b)`, `on (a)` and the like. */
export const groupingLabels = (query: Query, grouping: SyntaxNode): string[] =>
  childrenOf(grouping)
    .filter(({ name }) => name === 'LabelName' || name === 'QuotedLabelName')
    .map((node) => (node.name === 'LabelName' ? textOf(query, node) : unquoted(textOf(query, node))))

/** The metric and the matchers of a selector; a name in the braces counts as the matcher `__name__`. */
export const matchersOf = (query: Query, selector: SyntaxNode): Matcher[] => {
  const identifier = selector.getChild('Identifier')
  const matchers = selector.getChild('LabelMatchers')
  return [
    ...(identifier ? [named(textOf(query, identifier))] : []),
    ...(matchers ? childrenOf(matchers).flatMap((node) => matcherOf(query, node)) : [])
  ]
}

const named = (value: string): Matcher => ({ label: '__name__', operator: '=', value })

const matcherOf = (query: Query, node: SyntaxNode): Matcher[] => {
  if (node.name === 'QuotedLabelName') return [named(unquoted(textOf(query, node)))]
  const [label, operator, value] = childrenOf(node).map((child) => textOf(query, child))
  if (label === undefined || operator === undefined || value === undefined) return []
  return [
    {
      label: node.name === 'QuotedLabelMatcher' ? unquoted(label) : label,
      operator: operator as Matcher['operator'],
      value: unquoted(value)
    }
  ]
}
