/** Pure: tables of the results, for the terminal and for docs/benchmarks.md. */
import type { LatencyResult } from './latency.ts'
import type { LoadResult } from './load.ts'
import type { MemoryResult } from './memory.ts'

export interface LoadSection {
  readonly kind: 'load'
  readonly row: string
  readonly title: string
  readonly results: readonly LoadResult[]
}

export type Section =
  | LoadSection
  | { readonly kind: 'latency'; readonly results: readonly LatencyResult[] }
  | { readonly kind: 'memory'; readonly results: readonly MemoryResult[] }
  | { readonly kind: 'curve'; readonly of: 'keys' | 'rules'; readonly results: readonly LoadResult[] }

/** What one row gave, and how it was measured. */
export interface Measured {
  /** Of each round of each cache. */
  readonly seconds: number
  readonly rounds: number
  /** Such as "2 × a processor". */
  readonly machine: string
  /** Of the minute before the row: of a quiet machine near 0. */
  readonly loadAverage: number
  readonly section: Section
}

/** By the row's name. */
export type Kept = Readonly<Record<string, Measured>>

type Rows = readonly (readonly string[])[]

const fixed = (value: number, digits: number): string => (Number.isNaN(value) ? '-' : value.toFixed(digits))
const thousands = (value: number): string => Math.round(value).toLocaleString('en-US')
const percent = (share: number): string => `${fixed(100 * share, 1)} %`
const signed = (value: number): string => `${value < 0 ? '' : '+'}${value.toFixed(2)}`

const LOAD_HEAD = ['row', 'cache', 'req/s', 'of nginx', 'CPU µs', 'p50 ms', 'p99 ms', 'to origin', 'errors']

const loadRow = (row: string, result: LoadResult): string[] => [
  row,
  result.contender,
  thousands(result.requestsPerSecond),
  result.ratio === undefined ? '-' : result.ratio.toFixed(2),
  fixed(result.cpu, 1),
  fixed(result.p50, 2),
  fixed(result.p99, 2),
  percent(result.originShare),
  String(result.errors)
]

const isLoad = (section: Section): section is LoadSection => section.kind === 'load'

/** All rows of load in one table; a row's name stands once. */
export const loadTable = (sections: readonly Section[], nameOf: (section: LoadSection) => string): Rows => [
  LOAD_HEAD,
  ...sections
    .filter(isLoad)
    .flatMap((section) => section.results.map((result, i) => loadRow(i === 0 ? nameOf(section) : '', result)))
]

export const latencyTable = (results: readonly LatencyResult[]): Rows => [
  ['a miss, 200 a second', 'p50 ms', 'p99 ms', 'p50 added', 'p99 added'],
  ...results.map(({ contender, p50, p99, added }) => [
    contender,
    fixed(p50, 2),
    fixed(p99, 2),
    added ? signed(added.p50) : '',
    added ? signed(added.p99) : ''
  ])
]

export const memoryTable = (results: readonly MemoryResult[]): Rows => [
  ['nothing stored', 'at rest MiB', 'after load MiB'],
  ...results.map(({ contender, atRest, afterLoad }) => [contender, fixed(atRest, 0), fixed(afterLoad, 0)])
]

export const curveTable = (of: 'keys' | 'rules', results: readonly LoadResult[]): Rows => [
  [of, 'CPU µs', 'req/s', 'to origin', 'errors'],
  ...results.map((result) => [
    thousands(Number(result.contender)),
    fixed(result.cpu, 1),
    thousands(result.requestsPerSecond),
    percent(result.originShare),
    String(result.errors)
  ])
]

/** The tables that are not load, in the order of the sections. */
export const otherTables = (sections: readonly Section[]): Rows[] =>
  sections.flatMap((section) => {
    switch (section.kind) {
      case 'load':
        return []
      case 'latency':
        return [latencyTable(section.results)]
      case 'memory':
        return [memoryTable(section.results)]
      case 'curve':
        return [curveTable(section.of, section.results)]
    }
  })
