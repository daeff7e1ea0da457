/** The operators' page: orders of one state, live; countdowns; who has taken what. */
import type { BoardPage, OrderView } from '../view.ts'

type State = OrderView['status']

const STATES: readonly State[] = [
  'SUBMITTED',
  'PRICE_CALCULATED',
  'MANUFACTURING_APPROVED',
  'MANUFACTURING_STARTED',
  'MANUFACTURING_COMPLETED',
  'PACKAGING',
  'SHIPPED'
]
const TAKEABLE: State = 'MANUFACTURING_APPROVED'
const REREAD_MS = 60_000

const element = <E extends HTMLElement>(id: string): E => document.getElementById(id) as E
const nameOf = (state: State): string => {
  const words = state.toLowerCase().replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** Every order that was heard of, by id: the newest view of each. */
const orders = new Map<number, OrderView>()
const counts = new Map<State, number>()
const operators = new Map<number, string>()
const fresh = new Set<number>()
let shown: State = STATES.find((state) => state === location.hash.slice(1)) ?? TAKEABLE
let clock = { now: Date.now(), at: performance.now(), rate: 1 }

/** By the clock of the deadlines, which may be sped up. */
const now = (): number => clock.now + (performance.now() - clock.at) * clock.rate

const span = (ms: number): string => {
  const seconds = Math.floor(Math.abs(ms) / 1000)
  const [days, hours, minutes] = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3600) % 24,
    Math.floor(seconds / 60) % 60
  ]
  if (days > 0) return `${days} d ${hours} h`
  if (hours > 0) return `${hours} h ${minutes} min`
  return `${minutes}:${String(seconds % 60).padStart(2, '0')}`
}

const said = (text: string, bad = false): void => {
  const place = element('said')
  place.textContent = text
  place.dataset.bad = bad ? 'yes' : 'no'
}

/** @returns whether it was news */
function learn(view: OrderView): boolean {
  const known = orders.get(view.id)
  if (known !== undefined && known.revision >= view.revision) return false
  if (known?.status !== view.status) {
    if (known !== undefined) counts.set(known.status, Math.max((counts.get(known.status) ?? 1) - 1, 0))
    counts.set(view.status, (counts.get(view.status) ?? 0) + 1)
  }
  orders.set(view.id, view)
  return true
}

async function read(state: State): Promise<BoardPage> {
  const response = await fetch(`/api/board?status=${state}`)
  if (!response.ok) throw new Error(`the board answered ${response.status}`)
  return (await response.json()) as BoardPage
}

/** The whole list of the shown state, and the counts of all. */
async function reread(): Promise<BoardPage> {
  const state = shown
  const page = await read(state)
  clock = { now: Date.parse(page.now), at: performance.now(), rate: page.rate }
  const present = new Set(page.orders.map(({ id }) => id))
  for (const [id, view] of orders) if (view.status === state && !present.has(id)) orders.delete(id)
  for (const view of page.orders) learn(view)
  counts.clear()
  for (const each of STATES) counts.set(each, page.counts[each] ?? 0)
  draw()
  return page
}

function listen(cursor: number): void {
  const link = element('link')
  const feed = new EventSource(`/api/feed?after=${cursor}`)
  const live = (yes: boolean): void => {
    link.dataset.live = yes ? 'yes' : 'no'
    link.textContent = yes ? 'Live' : 'Connecting again…'
  }
  feed.onopen = () => live(true)
  feed.onerror = () => live(false)
  feed.addEventListener('reload', () => void reread())
  feed.addEventListener('clock', ({ data }: MessageEvent<string>) => {
    const read = JSON.parse(data) as Pick<BoardPage, 'now' | 'rate'>
    clock = { now: Date.parse(read.now), at: performance.now(), rate: read.rate }
    tick()
  })
  feed.addEventListener('order', ({ data }: MessageEvent<string>) => hear(JSON.parse(data) as OrderView))
}

function hear(view: OrderView): void {
  const before = orders.get(view.id)
  if (!learn(view)) return
  if (before?.status !== view.status) {
    if (view.status === shown) arrived(view)
    else if (before?.status === TAKEABLE && shown === TAKEABLE) left(view)
  }
  draw()
}

function arrived(view: OrderView): void {
  fresh.add(view.id)
  setTimeout(() => fresh.delete(view.id), 3000)
  if (view.status === TAKEABLE) said(`New order ${titleOf(view)}.`)
}

function left(view: OrderView): void {
  if (view.operatorId !== null && view.operatorId !== me())
    said(`Order ${titleOf(view)} was taken by ${who(view.operatorId)}.`, true)
}

const titleOf = ({ id, number }: OrderView): string => number ?? String(id)
const who = (id: number): string => operators.get(id) ?? `operator ${id}`
const me = (): number => Number(element<HTMLSelectElement>('me').value)

function draw(): void {
  drawStates()
  element('heading').textContent = nameOf(shown)
  const rows = [...orders.values()]
    .filter(({ status }) => status === shown)
    .sort((a, b) => a.enteredAt.localeCompare(b.enteredAt) || a.id - b.id)
  element('none').hidden = rows.length > 0
  const body = element('rows')
  const known = new Map(
    [...body.children].map((row) => [(row as HTMLElement).dataset.key, row as HTMLTableRowElement])
  )
  // Rows that stay are kept: the focus stays where it is.
  rows.forEach((view, index) => {
    const key = `${view.id}.${view.revision}`
    const row = known.get(key) ?? rowOf(view, key)
    known.delete(key)
    if (body.children[index] !== row) body.insertBefore(row, body.children[index] ?? null)
  })
  for (const row of known.values()) row.remove()
  tick()
}

function drawStates(): void {
  const list = element('states')
  if (list.children.length === 0) for (const state of STATES) list.append(stateButton(state))
  for (const button of list.querySelectorAll('button')) {
    const state = button.dataset.state as State
    button.setAttribute('aria-pressed', String(state === shown))
    const count = button.querySelector('.count')
    if (count !== null) count.textContent = String(counts.get(state) ?? 0)
  }
}

function stateButton(state: State): HTMLLIElement {
  const item = document.createElement('li')
  const button = document.createElement('button')
  button.type = 'button'
  button.dataset.state = state
  button.textContent = nameOf(state)
  const count = document.createElement('span')
  count.className = 'count'
  button.append(count)
  button.addEventListener('click', () => {
    shown = state
    history.replaceState(null, '', `#${state}`)
    said('')
    draw()
    void reread()
  })
  item.append(button)
  return item
}

function rowOf(view: OrderView, key: string): HTMLTableRowElement {
  const row = document.createElement('tr')
  row.dataset.key = key
  row.dataset.order = String(view.id)
  if (fresh.has(view.id)) row.dataset.fresh = 'yes'
  const header = document.createElement('th')
  header.scope = 'row'
  header.textContent = titleOf(view)
  const since = timed('since', view.enteredAt)
  const due = timed('due', view.overdueAt, view.level ?? '')
  const promised = timed('due', view.promisedAt, view.promiseLevel ?? '')
  const taken = view.operatorId === null ? '' : who(view.operatorId)
  row.append(
    header,
    cell(view.quantity === null ? '' : String(view.quantity)),
    since,
    due,
    promised,
    cell(taken),
    actions(view)
  )
  return row
}

function cell(text: string): HTMLTableCellElement {
  const made = document.createElement('td')
  made.textContent = text
  return made
}

/** Its text is written anew each second. */
function timed(kind: 'since' | 'due', at: string | null, level = ''): HTMLTableCellElement {
  const made = cell('')
  if (at === null) return made
  made.dataset[kind] = at
  made.className = level
  made.title = new Date(at).toLocaleString()
  return made
}

function actions(view: OrderView): HTMLTableCellElement {
  const made = cell('')
  const alarmed = view.level !== null || view.promiseLevel !== null
  if (alarmed && view.acknowledgedBy === null) made.append(action('Acknowledge', view, 'acknowledge'))
  if (view.acknowledgedBy !== null) made.append(`seen by ${who(view.acknowledgedBy)} `)
  if (view.status === TAKEABLE) made.append(' ', action('Take', view, 'take'))
  return made
}

function action(word: string, view: OrderView, path: 'take' | 'acknowledge'): HTMLButtonElement {
  const button = document.createElement('button')
  button.type = 'button'
  button.className = path
  button.textContent = word
  button.setAttribute('aria-label', `${word} order ${titleOf(view)}`)
  button.addEventListener('click', () => {
    button.disabled = true
    void act(view, path).finally(() => {
      button.disabled = false
    })
  })
  return button
}

interface Refusal {
  readonly error?: string
  readonly message?: string
  readonly takenBy?: number | null
}

async function act(view: OrderView, path: 'take' | 'acknowledge'): Promise<void> {
  try {
    const response = await fetch(`/api/orders/${view.id}/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ operatorId: me() })
    })
    const answer = (await response.json()) as Refusal
    if (response.ok)
      said(path === 'take' ? `Order ${titleOf(view)} is yours.` : `Order ${titleOf(view)}: acknowledged.`)
    else if (answer.error === 'order_taken' && typeof answer.takenBy === 'number')
      said(`Order ${titleOf(view)} was taken by ${who(answer.takenBy)}.`, true)
    else said(answer.message ?? `It did not work: ${response.status}.`, true)
  } catch {
    said('The service does not answer; try again.', true)
  }
}

/** Countdowns, in place. */
function tick(): void {
  const at = now()
  element('clock').textContent =
    new Date(at).toLocaleString() + (clock.rate === 1 ? '' : ` · ${clock.rate}× faster`)
  for (const place of document.querySelectorAll<HTMLElement>('[data-since]'))
    place.textContent = span(at - Date.parse(place.dataset.since ?? ''))
  for (const place of document.querySelectorAll<HTMLElement>('[data-due]')) {
    const left = Date.parse(place.dataset.due ?? '') - at
    place.textContent = left >= 0 ? `in ${span(left)}` : `${span(left)} late`
  }
}

async function readOperators(): Promise<void> {
  const response = await fetch('/api/operators')
  if (!response.ok) throw new Error(`the operators: ${response.status}`)
  const select = element<HTMLSelectElement>('me')
  const chosen = localStorage.getItem('operator')
  for (const { id, name } of (await response.json()) as { id: number; name: string }[]) {
    operators.set(id, name)
    select.append(new Option(name, String(id), false, String(id) === chosen))
  }
  select.addEventListener('change', () => localStorage.setItem('operator', select.value))
}

/** Until it works: a page that was opened while the service starts mends itself. */
async function begin(): Promise<void> {
  try {
    if (operators.size === 0) await readOperators()
    const { cursor } = await reread()
    listen(cursor)
    setInterval(tick, 1000)
    setInterval(() => void reread().catch(() => said('The list could not be read anew.', true)), REREAD_MS)
  } catch {
    element('link').textContent = 'The service does not answer; trying again…'
    setTimeout(() => void begin(), 2000)
  }
}

void begin()
