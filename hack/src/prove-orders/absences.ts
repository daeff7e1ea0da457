/** When something was not there, and how long a timer was late without those times. Milliseconds since 1970. */

export interface Span {
  readonly from: number
  readonly to: number
}

/** In order, without an overlap. */
export function union(spans: readonly Span[]): Span[] {
  const joined: Span[] = []
  for (const span of [...spans].sort((a, b) => a.from - b.from)) {
    const last = joined.at(-1)
    if (last !== undefined && span.from <= last.to)
      joined[joined.length - 1] = { from: last.from, to: Math.max(last.to, span.to) }
    else joined.push(span)
  }
  return joined
}

/** When both were away: one of two is enough. */
export const bothAway = (one: readonly Span[], other: readonly Span[]): Span[] =>
  union(
    one.flatMap((a) =>
      other
        .map((b) => ({ from: Math.max(a.from, b.from), to: Math.min(a.to, b.to) }))
        .filter(({ from, to }) => from < to)
    )
  )

export interface Firing {
  /** When it was due, or was set if that was later. */
  readonly from: number
  readonly firedAt: number
}

/** Milliseconds between them in which nothing was away. @param away in order, without an overlap */
export const latenessOf = ({ from, firedAt }: Firing, away: readonly Span[]): number =>
  away.reduce(
    (late, span) => late - Math.max(0, Math.min(span.to, firedAt) - Math.max(span.from, from)),
    Math.max(0, firedAt - from)
  )

/** Notes when a part goes away and when it is there again. */
export class Absences {
  readonly #spans = new Map<string, Span[]>()

  note(part: string, span: Span): void {
    this.#spans.set(part, [...(this.#spans.get(part) ?? []), span])
  }

  of(part: string): readonly Span[] {
    return this.#spans.get(part) ?? []
  }
}

const TICK_MS = 100
/** A timer of this program that comes later than this: the machine had no time for anybody. */
export const STARVED_MS = 500

/** Watches whether this program gets its turns. */
export function watchStarvation(): { readonly spans: readonly Span[]; stop(): void } {
  const spans: Span[] = []
  let last = Date.now()
  const timer = setInterval(() => {
    const now = Date.now()
    if (now - last > TICK_MS + STARVED_MS) spans.push({ from: last, to: now })
    last = now
  }, TICK_MS)
  return { spans, stop: () => clearInterval(timer) }
}
