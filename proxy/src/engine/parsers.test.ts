import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { directiveMs, namedFields, parseCacheControl } from './cache-control.ts'
import { factsOf } from './facts.ts'
import { parseHttpDate } from './http-date.ts'
import { normalised, preferredLanguage } from './normalise.ts'
import { parseDictionary } from './structured-fields.ts'
import { targetedDirectives } from './targeted.ts'

const token = fc.stringMatching(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,12}$/)
const text = fc.string({ unit: 'binary-ascii', maxLength: 60 })
const argument = fc.oneof(
  fc.constant(undefined),
  token,
  fc.string({ unit: 'grapheme-ascii', maxLength: 12 }).map((value) => ({ quoted: value }))
)

describe('Cache-Control', () => {
  const written = (name: string, value: string | { quoted: string } | undefined): string => {
    if (value === undefined) return name
    return typeof value === 'string'
      ? `${name}=${value}`
      : `${name}="${value.quoted.replace(/["\\]/g, (character) => `\\${character}`)}"`
  }
  const plain = token.filter((name) => !['no-cache', 'private'].includes(name.toLowerCase()))

  test('what is written by the grammar is read as it was meant, the first of equal directives', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(plain, argument)), (members) => {
        const expected = new Map<string, string>()
        for (const [name, value] of members) {
          const meant = typeof value === 'object' ? value.quoted : (value ?? '')
          if (!expected.has(name.toLowerCase())) expected.set(name.toLowerCase(), meant)
        }
        const field = members.map(([name, value]) => written(name, value)).join(', ')
        expect(new Map(parseCacheControl(field))).toEqual(expected)
      })
    )
  })

  test('no text breaks it, and none makes a directive larger than the bound', () => {
    fc.assert(
      fc.property(text, (value) => {
        const ms = directiveMs(parseCacheControl(`${value}, max-age=99999999999`), 'max-age')
        expect(ms === undefined || (ms >= 0 && ms <= 2_147_483_648_000)).toBe(true)
      })
    )
  })

  test('no text before it hides a no-store, but one that a quoted string holds', () => {
    fc.assert(
      fc.property(
        text.filter((value) => !value.includes('"')),
        (value) => {
          expect(parseCacheControl(`${value}, no-store`).has('no-store')).toBe(true)
        }
      )
    )
    expect(parseCacheControl('a="x, no-store"').has('no-store')).toBe(false)
    expect(parseCacheControl('a="x, no-store').has('no-store')).toBe(true)
  })

  test.each<[string, number | undefined]>([
    ['max-age=5', 5],
    ['Max-Age=5', 5],
    ['max-age="5"', 5],
    ['max-age=005', 5],
    ["max-age='5'", 0],
    ['max-age=5.0', 0],
    ['max-age=-5', 0],
    ['max-age=5a', 0],
    ['max-age', 0],
    ['max-age =5', 0],
    ['max-age= 5', 0],
    ['max-age=5 6', 0],
    ['max-age=5;public', 0],
    ['public;max-age=5', undefined],
    ['a="max-age=9", max-age=5', 5],
    [',,max-age=5,,', 5]
  ])('%s is %s s', (field, seconds) => {
    expect(directiveMs(parseCacheControl(field), 'max-age')).toBe(
      seconds === undefined ? undefined : seconds * 1000
    )
  })

  test.each<[string, readonly string[] | undefined]>([
    ['no-cache', undefined],
    ['no-cache=""', undefined],
    ['no-cache="Set-Cookie, X"', ['set-cookie', 'x']],
    ['no-cache=Set-Cookie', ['set-cookie']],
    ['no-cache="a", no-cache="b"', ['a', 'b']],
    ['no-cache="a", no-cache', undefined],
    ['no-cache, no-cache="a"', undefined]
  ])('%s names %j', (field, names) => {
    expect(namedFields(parseCacheControl(field).get('no-cache') ?? '-')).toEqual(names)
  })
})

describe('HTTP dates', () => {
  const seconds = fc.integer({ min: -62_000_000_000, max: 253_402_300_799 })
  test('each second comes back from its own text', () => {
    fc.assert(
      fc.property(
        seconds.filter((s) => new Date(s * 1000).getUTCFullYear() >= 0),
        (s) => {
          expect(parseHttpDate(new Date(s * 1000).toUTCString())).toBe(s * 1000)
        }
      )
    )
  })
  test('no text breaks it', () => {
    fc.assert(fc.property(text, (value) => expect(parseHttpDate(value)).toBeUndefined()))
  })
})

describe('dictionaries of Structured Fields', () => {
  test.each<[string, Record<string, unknown> | undefined]>([
    ['', {}],
    ['  a=1  ', { a: { kind: 'Integer', value: 1 } }],
    [
      'a, b=?0, c="x\\"y", d=tok/en',
      {
        a: { kind: 'Boolean', value: true },
        b: { kind: 'Boolean', value: false },
        c: { kind: 'String', value: 'x"y' },
        d: { kind: 'Token', value: 'tok/en' }
      }
    ],
    ['a=1;p;q="x", a=2', { a: { kind: 'Integer', value: 2 } }],
    ['a=-7', { a: { kind: 'Integer', value: -7 } }],
    ['a=1.5', { a: { kind: 'Other' } }],
    ['a=(1 "b";c   d);e', { a: { kind: 'Other' } }],
    ['a=()', { a: { kind: 'Other' } }],
    ['a=:aGk=:', { a: { kind: 'Other' } }],
    ['a=@1659578233', { a: { kind: 'Other' } }],
    ['a=%"f%c3%bc"', { a: { kind: 'Other' } }],
    ['a,\tb', { a: { kind: 'Boolean', value: true }, b: { kind: 'Boolean', value: true } }],
    ['a,', undefined],
    [',a', undefined],
    ['A=1', undefined],
    ['a =1', undefined],
    ['a= 1', undefined],
    ['a=1 b', undefined],
    ['a=1.', undefined],
    ['a=1.2345', undefined],
    ['a=1234567890123456', undefined],
    ['a="x', undefined],
    ['a="ü"', undefined],
    ['a=(1', undefined],
    ['a=("x""y")', undefined],
    ['a=?2', undefined],
    ['a=&', undefined],
    ['a, &&', undefined]
  ])('%s', (value, members) => {
    const found = parseDictionary(value)
    expect(found && Object.fromEntries(found)).toEqual(members)
  })
  test('no text breaks it', () => {
    fc.assert(fc.property(text, (value) => void parseDictionary(value)))
  })
  test('a max-age of it is the one that was written', () => {
    fc.assert(
      fc.property(fc.nat(), (seconds) => {
        const directives = targetedDirectives({ 'cdn-cache-control': `foo;bar, max-age=${seconds}` })
        expect(directives && directiveMs(directives, 'max-age')).toBe(seconds * 1000)
      })
    )
  })
  test('two lines are one dictionary', () => {
    const headers = ['CDN-Cache-Control', 'max-age=1', 'cdn-cache-control', 'max-age=2']
    expect(factsOf({ status: 200, statusText: '', headers }).maxAgeMs).toBe(2000)
  })
})

describe('request fields that select', () => {
  test.each([
    ['foo', '1,2', ' 1 ,  2 '],
    ['foo', '"a, b",c', '"a, b", c'],
    ['accept-language', 'en, de', 'DE,en;q=1'],
    ['accept-encoding', 'gzip, br;q=0.5', 'br; q=0.5,GZIP']
  ])('%s: %s and %s are one', (name, a, b) => expect(normalised(name, a)).toBe(normalised(name, b)))
  test.each([
    ['foo', '1,2', '2,1'],
    ['foo', 'a', 'A'],
    ['foo', '"a, b"', '"a,b"'],
    ['accept-language', 'en, de;q=0.5', 'en;q=0.5, de']
  ])('%s: %s and %s differ', (name, a, b) => expect(normalised(name, a)).not.toBe(normalised(name, b)))
  test.each([
    ['fr;q=0.5, DE;q=1.0', 'de'],
    ['de', 'de'],
    ['de, en', undefined],
    ['*', undefined],
    ['de;q=0', undefined],
    ['', undefined]
  ])('%s prefers %s', (value, language) => expect(preferredLanguage(value)).toBe(language))
  test('no text breaks it, and doing it again changes nothing', () => {
    fc.assert(
      fc.property(fc.constantFrom('foo', 'accept-language'), text, (name, value) => {
        const once = normalised(name, value)
        expect(normalised(name, once)).toBe(once)
      })
    )
  })
})
