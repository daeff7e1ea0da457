/** One picture of a tier for a terminal. Pure. */
import type { LiveView } from '@alexandrite/proxy/telemetry/live-view'
import type { Output, Style } from '../output.ts'
import { count, cut, duration, milliseconds, percent, printable, rate, size } from './text.ts'

export interface FrameSize {
  readonly columns: number
  readonly rows: number
}

type Paint = Output['paint']

interface Column {
  readonly head: string
  readonly width: number
}

interface Section {
  readonly title: string
  readonly columns: readonly Column[]
  readonly rows: readonly (readonly string[])[]
  readonly empty: string
}

const MIN_COLUMNS = 40
/** Head and foot. */
const FIXED_ROWS = 5

const latencyColumns: readonly Column[] = [
  { head: 'p50', width: 9 },
  { head: 'p95', width: 9 }
]

const reasonColumns: readonly Column[] = [
  { head: 'rule', width: 18 },
  { head: '/s', width: 8 },
  { head: 'total', width: 10 }
]

function sectionsOf(view: LiveView): Section[] {
  const reasons = [
    ...view.bypassed.map((reason) => ({ ...reason, why: `passed by: ${reason.why}` })),
    ...view.notStored.map((reason) => ({ ...reason, why: `not stored: ${reason.why}` }))
  ].sort((a, b) => b.perSecond - a.perSecond)
  return [
    {
      title: 'RULE',
      columns: [{ head: 'req/s', width: 9 }, { head: 'hit ratio', width: 10 }, ...latencyColumns],
      rows: view.rules.map((rule) => [
        rule.rule,
        rate(rule.perSecond),
        percent(rule.hitRatio),
        milliseconds(rule.p50Ms),
        milliseconds(rule.p95Ms)
      ]),
      empty: 'no request yet'
    },
    {
      title: 'HOTTEST IN MEMORY',
      columns: [{ head: 'asked for', width: 12 }],
      rows: view.hottest.map(({ key, hits }) => [key, count(hits)]),
      empty: 'nothing in memory'
    },
    {
      title: 'SLOWEST AT THE ORIGIN, 5 MIN',
      columns: [
        { head: 'took', width: 9 },
        { head: 'ago', width: 7 }
      ],
      rows: view.slowest.map(({ key, ms, at }) => [key, milliseconds(ms), duration((view.at - at) / 1000)]),
      empty: 'the origin was not asked'
    },
    {
      title: 'NOT FROM THE CACHE',
      columns: reasonColumns,
      rows: reasons.map((reason) => [reason.why, reason.rule, rate(reason.perSecond), count(reason.total)]),
      empty: 'nothing is passed by, all may be stored'
    }
  ]
}

/** How many rows each section gets: one each in turn, as long as it has more and there is room. */
export function shares(wanted: readonly number[], room: number): number[] {
  const given = wanted.map(() => 0)
  let left = room
  let moved = true
  while (left > 0 && moved) {
    moved = false
    for (const [index, want] of wanted.entries()) {
      const now = given[index] ?? 0
      if (left === 0 || now >= want) continue
      given[index] = now + 1
      left -= 1
      moved = true
    }
  }
  return given
}

function line(first: string, rest: readonly string[], columns: readonly Column[], width: number): string {
  const taken = columns.reduce((sum, column) => sum + column.width, 0)
  const room = Math.max(width - taken, 8)
  const cells = rest.map((text, index) => {
    const cell = columns[index]?.width ?? 0
    return cut(text, cell - 1).padStart(cell)
  })
  return cut(cut(first, room - 1).padEnd(room) + cells.join(''), width)
}

function sectionLines(section: Section, rows: number, width: number, paint: Paint): string[] {
  const { title, columns, empty } = section
  const head = line(
    title,
    columns.map((column) => column.head),
    columns,
    width
  )
  const shown = section.rows
    .slice(0, rows)
    .map(([first = '', ...rest]) => line(printable(first), rest, columns, width))
  const body = section.rows.length === 0 && rows > 0 ? [paint('dim', cut(empty, width))] : shown
  return [paint('bold', head), ...body]
}

/** A piece of a line, with a style or without. */
type Piece = readonly [text: string, style?: Style]

/** The pieces as one line, cut to a width before they are painted. */
function painted(pieces: readonly Piece[], width: number, paint: Paint): string {
  let left = width
  const texts = pieces.map(([text, style]) => {
    const shown = cut(text, left)
    left -= shown.length
    return style === undefined || shown === '' ? shown : paint(style, shown)
  })
  return texts.join('')
}

function storePieces({ store }: LiveView): Piece[] {
  if (store === undefined) return [['store: memory only']]
  const figures = `${rate(store.perSecond)}/s, p95 ${milliseconds(store.p95Ms)}`
  const failures: Piece[] =
    store.failuresPerSecond > 0 ? [[', '], [`${rate(store.failuresPerSecond)} failures/s`, 'red']] : []
  if (store.breaker === 'Closed' && store.usable) return [[`store: ${figures}`], ...failures]
  const state = store.breaker === 'Closed' ? 'not in step' : `breaker ${store.breaker}`
  return [['store: '], [state, 'red'], [`, ${figures}`], ...failures]
}

function originPieces({ origin, memory }: LiveView): Piece[] {
  const errors: Piece[] =
    origin.errorsPerSecond > 0 ? [[', '], [`${rate(origin.errorsPerSecond)} errors/s`, 'red']] : []
  return [
    [`origin: ${rate(origin.perSecond)}/s, p95 ${milliseconds(origin.p95Ms)}`],
    ...errors,
    [`  memory: ${size(memory.bytes)}, ${count(memory.entries)} answers`]
  ]
}

function headLines(view: LiveView, width: number, paint: Paint): string[] {
  const pods = view.pods.length === 1 ? (view.pods[0] ?? '') : `${view.pods.length} pods`
  const policy = view.policies.join(', ') || 'none, RFC 9111'
  const first = `${view.tier}  ${pods}  up ${duration(view.uptimeSeconds)}  policy ${policy}`
  const figures =
    `  ${rate(view.perSecond)} req/s  p50 ${milliseconds(view.p50Ms)}  p95 ${milliseconds(view.p95Ms)}` +
    `  ${view.activeRequests} under way`
  const lines: Piece[][] = [
    [[printable(first), 'bold']],
    [['hit ratio '], [percent(view.hitRatio), 'green'], [figures]],
    originPieces(view),
    storePieces(view)
  ]
  return lines.map((pieces) => painted(pieces, width, paint))
}

/** The lines of a frame: at most `rows`, for `columns` columns. */
export function frame(view: LiveView, { columns, rows }: FrameSize, foot: string, paint: Paint): string[] {
  const width = Math.max(columns, MIN_COLUMNS)
  const sections = sectionsOf(view)
  const room = Math.max(rows - FIXED_ROWS - sections.length, sections.length)
  const given = shares(
    sections.map((section) => Math.max(section.rows.length, 1)),
    room
  )
  const body = sections.flatMap((section, index) => sectionLines(section, given[index] ?? 0, width, paint))
  return [
    ...headLines(view, width, paint),
    ...body.slice(0, Math.max(rows - FIXED_ROWS, 0)),
    paint('dim', cut(foot, width))
  ]
}
