/** Walks a parsed document and keeps what is wrong with it, by field; a wrong value is read as something harmless. */

interface NumberRange {
  readonly min: number
  readonly max: number
  readonly example: string
}

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000 }

export class Reader {
  /** Of the whole document, in the order in which they were found. */
  readonly problems: string[]
  readonly #value: unknown
  readonly #path: string

  constructor(value: unknown, path = '', problems: string[] = []) {
    this.#value = value
    this.#path = path
    this.problems = problems
  }

  get isMissing(): boolean {
    return this.#value === undefined || this.#value === null
  }

  is(word: string): boolean {
    return this.#value === word
  }

  problem(sentence: string): void {
    this.problems.push(`${this.#path === '' ? 'the file' : this.#path} ${sentence}`)
  }

  at(name: string): Reader {
    const value = this.#isMap() ? (this.#value as Record<string, unknown>)[name] : undefined
    return new Reader(value, this.#path === '' ? name : `${this.#path}.${name}`, this.problems)
  }

  /** It must be a map, and have no other keys. */
  only(names: readonly string[]): void {
    if (!this.#isMap()) {
      this.problem(
        this.isMissing ? `is missing; it holds ${names.join(', ')}` : `must hold ${names.join(', ')}`
      )
      return
    }
    for (const key of Object.keys(this.#value as object))
      if (!names.includes(key)) this.at(key).problem(`is unknown; known are ${names.join(', ')}`)
  }

  keys(): string[] {
    return this.#isMap() ? Object.keys(this.#value as object) : []
  }

  list(): Reader[] {
    if (Array.isArray(this.#value))
      return this.#value.map(
        (value: unknown, index) => new Reader(value, `${this.#path}[${index}]`, this.problems)
      )
    this.problem('must be a list; an empty one is []')
    return []
  }

  number({ min, max, example }: NumberRange): number {
    const value = this.#value
    if (typeof value === 'number' && value >= min && value <= max) return value
    this.problem(`must be a number from ${min} to ${max}, such as ${example}${this.#said()}`)
    return min
  }

  /** Working time such as `90m` or `16h`, in milliseconds. */
  duration(): number {
    const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)([mh])$/.exec(this.#text()) ?? []
    const ms = Number(amount) * (UNITS[unit] ?? Number.NaN)
    // More than half a year of working hours is a slip of the pen.
    if (ms > 0 && ms <= 1000 * 3_600_000) return ms
    this.problem(`must be working time such as 90m or 16h, above 0 and at most 1000h${this.#said()}`)
    return 3_600_000
  }

  oneOf<const Values extends readonly [string, ...string[]]>(values: Values): Values[number] {
    const found = values.find((value) => value === this.#value)
    if (found !== undefined) return found
    this.problem(`must be one of ${values.join(', ')}${this.#said()}`)
    return values[0]
  }

  matching(pattern: RegExp, what: string): string {
    const text = this.#text()
    if (pattern.test(text)) return text
    this.problem(`must be ${what}${this.#said()}`)
    return ''
  }

  #isMap(): boolean {
    return typeof this.#value === 'object' && this.#value !== null && !Array.isArray(this.#value)
  }

  #text(): string {
    return typeof this.#value === 'string' ? this.#value : ''
  }

  #said(): string {
    return this.isMissing ? '; it is missing' : `, not ${JSON.stringify(this.#value)}`
  }
}

/** A value for each of the names. */
export const recordOf = <Name extends string, Value>(
  names: readonly Name[],
  valueOf: (name: Name) => Value
): Record<Name, Value> =>
  Object.fromEntries(names.map((name) => [name, valueOf(name)])) as Record<Name, Value>
