/** The frame of a report's HTML: its style, in light and in dark, within the file. */
import { escaped } from './junit.ts'

const STYLE = `
:root{color-scheme:light dark;--ink:#1d2433;--paper:#fff;--faint:#68728a;--line:#d5dae4;--good:#1a7f4b;--bad:#b3261e;--unsure:#9a6700;--one:#3b6fd4;--two:#c2571a}
@media (prefers-color-scheme:dark){:root{--ink:#e4e8f1;--paper:#14181f;--faint:#97a1b8;--line:#333b4a;--good:#4cc38a;--bad:#ff7b72;--unsure:#e3b341;--one:#7aa7ff;--two:#ff9e64}}
body{font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:60rem;margin:0 auto;padding:1rem}
header{border-left:.5rem solid var(--unsure);padding:.25rem 1rem}header.Pass{border-color:var(--good)}header.Regression{border-color:var(--bad)}
h1,h2,h3{line-height:1.2}h1{margin:.25rem 0}header p{margin:.25rem 0}
.wide{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{padding:.3rem .7rem;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}th:first-child{text-align:left}
.badge{font-size:.85em;padding:.1em .6em;border-radius:1em;color:var(--paper);background:var(--unsure);font-weight:600}
.badge.Pass{background:var(--good)}.badge.Regression{background:var(--bad)}
svg{width:100%;height:auto;display:block}text{font-size:12px;fill:var(--faint)}
.axis{stroke:var(--faint)}.grid{stroke:var(--line)}.equal{stroke:var(--faint);stroke-dasharray:2 3}
.allowed{stroke:var(--bad);stroke-width:2}.beyond{fill:var(--bad);opacity:.08}.ratio{stroke:var(--ink);stroke-width:3}
.interval{opacity:.55;fill:var(--unsure)}.interval.Pass{fill:var(--good)}.interval.Regression{fill:var(--bad)}
.pair{fill:var(--one);opacity:.75}polyline{fill:none;stroke-width:1.5}
polyline.before{stroke:var(--one)}polyline.after{stroke:var(--two)}circle.before{fill:var(--one)}circle.after{fill:var(--two)}
.key{color:var(--faint);font-size:.85em;margin:.2rem 0 1rem}.swatch{display:inline-block;width:.8em;height:.8em;border-radius:.4em;margin:0 .25em 0 .9em}
.swatch.pair,.swatch.before{background:var(--one)}.swatch.after{background:var(--two)}.swatch.band{background:var(--unsure);border-radius:0}
.swatch.allowed{background:var(--bad);width:.2em;border-radius:0}`

export const page = (title: string, parts: readonly string[]): string =>
  `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title><style>${STYLE}
</style></head><body>
${parts.join('\n')}
</body></html>
`
