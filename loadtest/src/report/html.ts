/** The gate's report as one HTML file that needs nothing else. */
import type { Judged } from '../gate/judge.ts'
import type { MetricVerdict } from '../statistics/compare.ts'
import { escaped } from './junit.ts'
import { besides, cells, HEAD } from './markdown.ts'
import { curves, verdictPlot } from './plots.ts'
import { MEANINGS, METHOD, OUTCOMES } from './report.ts'
import type { GateReport } from './report.ts'
import { page } from './page.ts'

const row = (metric: MetricVerdict, judged: Judged): string => {
  const [verdict = '', ...rest] = cells(metric, judged)
  const name = `<th scope="row">${escaped(metric.name)}</th>`
  const badge = `<td><span class="badge ${metric.outcome}">${escaped(verdict)}</span></td>`
  return `<tr>${name}${badge}${rest.map((cell) => `<td>${escaped(cell)}</td>`).join('')}</tr>`
}

/** Both sides over the blocks: a drift or a burst of the machine is seen here. */
const overTime = ({ recording }: Judged, { name, unit }: MetricVerdict): string => {
  const points = (side: 'baseline' | 'candidate') =>
    recording[side]
      .map(({ values }, i) => [i + 1, values[name] ?? NaN] as const)
      .filter(([, y]) => !Number.isNaN(y))
  const series = [
    { name: 'baseline', kind: 'before', points: points('baseline') },
    { name: 'candidate', kind: 'after', points: points('candidate') }
  ] as const
  return curves(series, { title: `${name}, block by block`, x: 'block', y: unit })
}

const KEY = `<p class="key"><span class="swatch pair"></span> a pair of blocks
<span class="swatch band"></span> where the true change is
<span class="swatch allowed"></span> what is allowed; right of it is too slow</p>`
const TIME_KEY = `<p class="key"><span class="swatch before"></span> baseline <span class="swatch after"></span> candidate</p>`

const plots = (judged: Judged, metric: MetricVerdict): string =>
  metric.pairs === 0
    ? `<p>${escaped(metric.sentence)}</p>`
    : `<h3>${escaped(metric.name)}</h3><p>${escaped(metric.sentence)}</p>${verdictPlot(metric)}${KEY}
<details><summary>Block by block</summary>${overTime(judged, metric)}${TIME_KEY}</details>`

const section = (judged: Judged): string => `<section>
<h2>${escaped(judged.name)} <span class="badge ${judged.verdict.outcome}">${OUTCOMES[judged.verdict.outcome]}</span></h2>
<p>${escaped(judged.title)}.</p>
<div class="wide"><table><thead><tr>${HEAD.map((cell) => `<th scope="col">${escaped(cell)}</th>`).join('')}</tr></thead>
<tbody>${judged.verdict.metrics.map((metric) => row(metric, judged)).join('')}</tbody></table></div>
<p>${escaped(judged.verdict.failures.sentence)} ${escaped(besides(judged))}</p>
${judged.verdict.metrics.map((metric) => plots(judged, metric)).join('\n')}
</section>`

export const html = (report: GateReport): string =>
  page(`Load gate: ${OUTCOMES[report.outcome]}`, [
    `<header class="${report.outcome}"><h1>Load gate: ${OUTCOMES[report.outcome]}</h1><p>${escaped(MEANINGS[report.outcome])}</p></header>`,
    `<p>Baseline: ${escaped(report.baseline)}. Candidate: ${escaped(report.candidate)}. ${escaped(report.startedAt)}, ${
      report.seconds
    } s, on ${escaped(report.machine)}.</p>`,
    ...report.subjects.map(section),
    `<h2>How to read this</h2><p>${escaped(METHOD)}</p>`
  ])
