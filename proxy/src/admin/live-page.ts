import { createHash } from 'node:crypto'

const STYLE = `
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #57606a; --line: #d0d7de; --back: #fff; --panel: #f6f8fa;
  --good: #1a7f37; --warn: #9a6700; --bad: #cf222e; --bar: #0969da }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #9aa4af; --line: #30363d; --back: #0d1117;
  --panel: #161b22; --good: #56d364; --warn: #e3b341; --bad: #ff7b72; --bar: #58a6ff } }
* { box-sizing: border-box }
body { margin: 0; padding: 1rem 1.25rem 2rem; font: 15px/1.45 system-ui, "DejaVu Sans", sans-serif; color: var(--ink);
  background: var(--back) }
header { display: flex; flex-wrap: wrap; gap: .25rem 1rem; align-items: baseline; margin-bottom: 1rem }
h1 { font-size: 1.25rem; margin: 0 }
h2 { font-size: .95rem; margin: 0 0 .5rem }
#state { color: var(--soft) }
#state[data-state=lost] { color: var(--bad); font-weight: 600 }
button { font: inherit; color: inherit; background: var(--panel); border: 1px solid var(--line); border-radius: 6px;
  padding: .15rem .7rem; cursor: pointer; margin-left: auto }
:focus-visible { outline: 3px solid var(--bar); outline-offset: 2px }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .75rem; margin: 0 0 1rem }
dl div, section { border: 1px solid var(--line); border-radius: 8px; background: var(--panel); padding: .7rem .9rem }
dt { color: var(--soft); font-size: .85rem }
dd { margin: 0; font-size: 1.35rem; font-variant-numeric: tabular-nums; white-space: nowrap }
dd small { display: block; font-size: .85rem; color: var(--soft); white-space: normal }
main { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(26rem, 100%), 1fr)); gap: .75rem }
section { overflow-x: auto }
table { border-collapse: collapse; width: 100%; font-size: .9rem }
th, td { text-align: right; padding: .2rem .5rem; font-variant-numeric: tabular-nums; white-space: nowrap }
th { color: var(--soft); font-weight: 500; border-bottom: 1px solid var(--line) }
th:first-child, td:first-child { text-align: left; padding-left: 0; white-space: normal; overflow-wrap: anywhere; min-width: 9rem }
.empty { color: var(--soft); margin: 0 }
.good { color: var(--good) } .warn { color: var(--warn) } .bad { color: var(--bad) }
`

/* Runs in the browser. Text goes in by textContent only: keys come from clients. */
const SCRIPT = `
'use strict'
const byId = (id) => document.getElementById(id)
const rate = (n) => n >= 100 ? Math.round(n).toLocaleString('en') : n.toFixed(n < 10 ? 2 : 1)
const percent = (n) => n === undefined ? '–' : (100 * n).toFixed(1) + ' %'
const ms = (n) => n === undefined ? '–' : n < 10 ? n.toFixed(2) + ' ms' : n < 1000 ? Math.round(n) + ' ms' : (n / 1000).toFixed(2) + ' s'
const bytes = (n) => n < 1048576 ? (n / 1024).toFixed(0) + ' KiB' : (n / 1048576).toFixed(1) + ' MiB'
const ago = (at, now) => { const s = Math.max(0, Math.round((now - at) / 1000)); return s < 60 ? s + ' s' : Math.round(s / 60) + ' min' }
const cell = (name, text, kind) => { const td = document.createElement(name); td.textContent = text; if (kind) td.className = kind; return td }
const put = (id, text, kind) => { const node = byId(id); node.textContent = text; node.className = kind || '' }
const table = (id, heads, rows, empty) => {
  const place = byId(id)
  if (rows.length === 0) { const p = document.createElement('p'); p.className = 'empty'; p.textContent = empty; return place.replaceChildren(p) }
  const made = document.createElement('table')
  const head = made.createTHead().insertRow()
  for (const text of heads) { const th = cell('th', text); th.scope = 'col'; head.append(th) }
  const body = made.createTBody()
  for (const row of rows) { const tr = body.insertRow(); for (const text of row) tr.append(cell('td', text)) }
  place.replaceChildren(made)
}
const show = (v) => {
  byId('tier').textContent = v.tier
  document.title = v.tier + ' – Alexandrite'
  byId('pods').textContent = v.pods.join(', ') + ' · up ' + ago(v.at - 1000 * v.uptimeSeconds, v.at) + ' · policy ' + (v.policies.join(', ') || 'none: RFC 9111')
  put('ratio', percent(v.hitRatio))
  put('rate', rate(v.perSecond) + ' /s')
  put('latency', ms(v.p50Ms))
  byId('latency-more').textContent = '95 % within ' + ms(v.p95Ms)
  put('origin', rate(v.origin.perSecond) + ' /s', v.origin.errorsPerSecond > 0 ? 'bad' : '')
  byId('origin-more').textContent = 'half in ' + ms(v.origin.p50Ms) + ', 95 % within ' + ms(v.origin.p95Ms) + (v.origin.errorsPerSecond > 0 ? ' · ' + rate(v.origin.errorsPerSecond) + ' errors/s' : '')
  if (!v.store) { put('store', 'memory only'); byId('store-more').textContent = '' }
  else {
    const well = v.store.breaker === 'Closed' && v.store.usable
    put('store', well ? 'well' : v.store.breaker !== 'Closed' ? 'breaker ' + v.store.breaker : 'not in step', well ? 'good' : 'bad')
    byId('store-more').textContent = rate(v.store.perSecond) + ' /s · half in ' + ms(v.store.p50Ms) + ', 95 % within ' + ms(v.store.p95Ms) + (v.store.failuresPerSecond > 0 ? ' · ' + rate(v.store.failuresPerSecond) + ' failures/s' : '')
  }
  put('memory', bytes(v.memory.bytes))
  byId('memory-more').textContent = v.memory.entries.toLocaleString('en') + ' answers' + (v.memory.evictionsPerSecond > 0 ? ' · ' + rate(v.memory.evictionsPerSecond) + ' evictions/s' : '')
  put('active', String(v.activeRequests))
  table('rules', ['Rule', 'Requests/s', 'Hit ratio', 'p50', 'p95'], v.rules.map((r) => [r.rule, rate(r.perSecond), percent(r.hitRatio), ms(r.p50Ms), ms(r.p95Ms)]), 'No request yet.')
  table('results', ['Result', 'Requests/s'], Object.entries(v.results).sort((a, b) => b[1] - a[1]).map(([name, n]) => [name, rate(n)]), 'No request yet.')
  table('hottest', ['Key', 'Times asked for'], v.hottest.map((k) => [k.key, k.hits.toLocaleString('en')]), 'Nothing in memory.')
  table('slowest', ['Request', 'Took', 'Ago'], v.slowest.map((k) => [k.key, ms(k.ms), ago(k.at, v.at)]), 'The origin was not asked in the last 5 minutes.')
  const reasons = (list) => list.map((b) => [b.why, b.rule, rate(b.perSecond), b.total.toLocaleString('en')])
  table('bypassed', ['Why', 'Rule', 'Requests/s', 'Since start'], reasons(v.bypassed), 'Nothing is passed by.')
  table('notstored', ['Why', 'Rule', 'Answers/s', 'Since start'], reasons(v.notStored), 'All that came may be stored.')
}
let source, newest, paused = false
const state = (text, kind) => { const node = byId('state'); if (node.textContent !== text) node.textContent = text; node.dataset.state = kind }
const connect = () => {
  source = new EventSource('live/events')
  source.onmessage = ({ data }) => { newest = JSON.parse(data); if (!paused) { show(newest); state('live', 'live') } }
  source.onerror = () => state(source.readyState === 2 ? 'The pod takes no more watchers, or is gone.' : 'Connection lost; trying again.', 'lost')
  source.addEventListener('end', () => { source.close(); state('The pod has ended.', 'lost') })
}
byId('pause').addEventListener('click', () => {
  paused = !paused
  byId('pause').textContent = paused ? 'Continue' : 'Pause'
  byId('pause').setAttribute('aria-pressed', String(paused))
  if (paused) state('paused', 'paused'); else if (newest) { show(newest); state('live', 'live') }
})
connect()
`

const fact = (title: string, id: string, more = ''): string =>
  `<div><dt>${title}</dt><dd><span id="${id}">–</span>${more === '' ? '' : ` <small id="${more}"></small>`}</dd></div>`

const section = (title: string, id: string): string =>
  `<section aria-labelledby="${id}-title" tabindex="0"><h2 id="${id}-title">${title}</h2><div id="${id}"></div></section>`

const BODY = `<header><h1><span id="tier">Cache tier</span></h1><span id="pods"></span>
<span id="state" role="status" data-state="waiting">connecting</span>
<button id="pause" type="button" aria-pressed="false">Pause</button></header>
<noscript><p>This page shows numbers by JavaScript; without it, ask GET /stats.</p></noscript>
<dl>${fact('Hit ratio, 10 s', 'ratio')}${fact('Requests', 'rate')}${fact('Half answered in', 'latency', 'latency-more')}${fact('Origin', 'origin', 'origin-more')}${fact('Store', 'store', 'store-more')}${fact('Memory', 'memory', 'memory-more')}${fact('Under way', 'active')}</dl>
<main>${section('By rule', 'rules')}${section('Hottest keys in memory', 'hottest')}${section('Slowest at the origin, 5 minutes', 'slowest')}${section('Passed by', 'bypassed')}${section('Not stored', 'notstored')}${section('By result', 'results')}</main>`

/** GET /live: one page, nothing loaded from elsewhere. */
export const LIVE_PAGE = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Alexandrite</title><link rel="icon" href="data:,"><style>${STYLE}</style></head>
<body>${BODY}<script>${SCRIPT}</script></body></html>
`

const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

/** Allows this page's own style and script, by their hashes, and its events. */
export const LIVE_PAGE_POLICY =
  `default-src 'none'; style-src ${hash(STYLE)}; script-src ${hash(SCRIPT)}; connect-src 'self'; img-src data:; ` +
  `base-uri 'none'; form-action 'none'; frame-ancestors 'none'`
