/** A value of a Structured Field (RFC 9651 §3.3), as far as cache directives need to tell types apart. */
export type BareItem =
  | { readonly kind: 'Integer'; readonly value: number }
  | { readonly kind: 'Boolean'; readonly value: boolean }
  | { readonly kind: 'String'; readonly value: string }
  | { readonly kind: 'Token'; readonly value: string }
  /** Valid, and of a type that no cache directive has: Decimal, Date, Byte Sequence, Display String, Inner List. */
  | { readonly kind: 'Other' }

export type Dictionary = ReadonlyMap<string, BareItem>

class Invalid extends Error {}

/** Reads a text from left to right; `take` throws Invalid when the pattern does not match here. */
class Cursor {
  readonly #text: string
  #index = 0

  constructor(text: string) {
    this.#text = text
  }

  get atEnd(): boolean {
    return this.#index >= this.#text.length
  }

  peek(): string {
    return this.#text[this.#index] ?? ''
  }

  /** `pattern` is sticky. */
  maybe(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#index
    const found = pattern.exec(this.#text)?.[0]
    if (found !== undefined) this.#index += found.length
    return found
  }

  take(pattern: RegExp): string {
    const found = this.maybe(pattern)
    if (found === undefined) throw new Invalid()
    return found
  }
}

const KEY = /[a-z*][a-z0-9_\-.*]*/y
const NUMBER = /-?(?:\d{1,12}\.\d{1,3}|\d{1,15})(?![\d.])/y
const STRING = /"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*"/y
const TOKEN = /[A-Za-z*][!#$%&'*+\-.^_`|~\w:/]*/y
const BYTES = /:[A-Za-z0-9+/]*={0,2}:/y
const BOOLEAN = /\?[01]/y
const DATE = /@-?\d{1,15}(?![\d.])/y
const DISPLAY = /%"(?:[\x20\x21\x23\x24\x26-\x7e]|%[0-9a-f]{2})*"/y
const SPACES = / */y
const SOME_SPACES = / +/y
const OWS = /[ \t]*/y
const EQUALS = /=/y
const SEMICOLON = /;/y
const COMMA = /,/y
const OPEN = /\(/y
const CLOSE = /\)/y

const OTHER: BareItem = { kind: 'Other' }

const number = (text: string): BareItem =>
  text.includes('.') ? OTHER : { kind: 'Integer', value: Number(text) }

const string = (text: string): BareItem => ({
  kind: 'String',
  value: text.slice(1, -1).replace(/\\(.)/g, '$1')
})

/** What the first character says about the type. */
const bareItem = (cursor: Cursor): BareItem => {
  const first = cursor.peek()
  if (/[-\d]/.test(first)) return number(cursor.take(NUMBER))
  if (first === '"') return string(cursor.take(STRING))
  if (first === '?') return { kind: 'Boolean', value: cursor.take(BOOLEAN) === '?1' }
  const other = first === ':' ? BYTES : first === '@' ? DATE : first === '%' ? DISPLAY : undefined
  if (!other) return { kind: 'Token', value: cursor.take(TOKEN) }
  cursor.take(other)
  return OTHER
}

const parameters = (cursor: Cursor): void => {
  while (cursor.maybe(SEMICOLON) !== undefined) {
    cursor.take(SPACES)
    cursor.take(KEY)
    if (cursor.maybe(EQUALS) !== undefined) bareItem(cursor)
  }
}

const innerList = (cursor: Cursor): BareItem => {
  cursor.take(OPEN)
  cursor.take(SPACES)
  while (cursor.maybe(CLOSE) === undefined) {
    bareItem(cursor)
    parameters(cursor)
    if (cursor.maybe(SOME_SPACES) === undefined && cursor.peek() !== ')') throw new Invalid()
  }
  return OTHER
}

const member = (cursor: Cursor): BareItem => {
  const value: BareItem =
    cursor.maybe(EQUALS) === undefined
      ? { kind: 'Boolean', value: true }
      : cursor.peek() === '('
        ? innerList(cursor)
        : bareItem(cursor)
  parameters(cursor)
  return value
}

const dictionary = (cursor: Cursor): Dictionary => {
  const members = new Map<string, BareItem>()
  while (!cursor.atEnd) {
    const key = cursor.take(KEY)
    members.set(key, member(cursor))
    cursor.take(OWS)
    if (cursor.atEnd) break
    cursor.take(COMMA)
    cursor.take(OWS)
    // A comma at the end has nothing to separate.
    if (cursor.atEnd) throw new Invalid()
  }
  return members
}

/** Parses a Dictionary, its field lines joined by a comma; undefined when it is none (RFC 9651 §4.2). */
export const parseDictionary = (value: string): Dictionary | undefined => {
  try {
    return dictionary(new Cursor(value.replace(/^ +| +$/g, '')))
  } catch (error) {
    if (error instanceof Invalid) return undefined
    throw error
  }
}
