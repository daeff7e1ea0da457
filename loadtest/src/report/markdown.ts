/** The gate's report as Markdown: for a terminal, a pull request, a mail. */
import type { Judged } from '../gate/judge.ts'
import { mean } from '../statistics/summary.ts'
import { change } from '../statistics/compare.ts'
import type { MetricVerdict } from '../statistics/compare.ts'
import type { Block } from '../statistics/block.ts'
import { MEANINGS, METHOD, OUTCOMES } from './report.ts'
import type { GateReport } from './report.ts'

/** A figure with three significant digits at least. */
export const figure = (value: number, unit: string): string =>
  `${value >= 100 ? value.toFixed(0) : value.toPrecision(3)} ${unit}`

/** Mean of a metric over blocks. */
export const level = (blocks: readonly Block[], name: string): number =>
  mean(blocks.flatMap(({ values }) => values[name] ?? []))

export const percent = (share: number): string => `${(100 * share).toFixed(share > 0.999 ? 2 : 1)} %`

/** Cells of a metric's line, the verdict first. */
export const cells = (metric: MetricVerdict, { recording }: Judged): string[] => [
  OUTCOMES[metric.outcome],
  figure(level(recording.baseline, metric.name), metric.unit),
  figure(level(recording.candidate, metric.name), metric.unit),
  change(metric.ratio),
  `${change(metric.interval.low)} to ${change(metric.interval.high)}`,
  change(metric.allowed),
  percent(metric.confidence),
  String(metric.pairs)
]

export const HEAD = ['', 'verdict', 'baseline', 'candidate', 'change', 'interval', 'allowed', 'sure', 'pairs']

/** What blocks hold besides, in milliseconds: means of blocks, which nobody judges. */
export const besides = ({ recording, metrics }: Judged): string => {
  const judged = metrics.map(({ name }) => name)
  const names = Object.keys(recording.baseline[0]?.values ?? {}).filter((name) => !judged.includes(name))
  const shown = names.map((name) => {
    const [before, after] = [level(recording.baseline, name), level(recording.candidate, name)]
    return `${name} ${figure(before, 'ms')} → ${figure(after, 'ms')}`
  })
  return shown.length === 0 ? '' : `Not judged, means of blocks: ${shown.join(', ')}.`
}

const subject = (judged: Judged): string => {
  const lines = judged.verdict.metrics.map(
    (metric) => `| ${[metric.name, ...cells(metric, judged)].join(' | ')} |`
  )
  return [
    `## ${judged.name}: ${OUTCOMES[judged.verdict.outcome]}`,
    '',
    `${judged.title[0]?.toUpperCase()}${judged.title.slice(1)}.`,
    '',
    `| ${HEAD.join(' | ')} |`,
    `|${HEAD.map(() => '---').join('|')}|`,
    ...lines,
    '',
    `${judged.verdict.failures.sentence[0]?.toUpperCase()}${judged.verdict.failures.sentence.slice(1)} ${besides(judged)}`.trimEnd(),
    ''
  ].join('\n')
}

export const markdown = (report: GateReport): string =>
  [
    `# Load gate: ${OUTCOMES[report.outcome]}`,
    '',
    MEANINGS[report.outcome],
    '',
    `Baseline: ${report.baseline}. Candidate: ${report.candidate}. ${report.startedAt}, ${report.seconds} s, on ${report.machine}.`,
    '',
    ...report.subjects.map(subject),
    METHOD
  ].join('\n')
