import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { REASONS } from '../promises/reason.ts'
import { LANGUAGES, parsePreferences } from './contact.ts'
import { notInQuietHours } from './quiet-hours.ts'
import { contentOf } from './texts.ts'
import { customerOf, tokenFor } from './tokens.ts'

const LINKS = { unsubscribe: 'https://shop.example/u/1', preferences: 'https://shop.example/p/1' }
const DAY = 86_400_000
const before = Date.UTC(2026, 10, 21)
const date = before + 5 * DAY

describe('a message', () => {
  const cases = LANGUAGES.flatMap((language) =>
    (['Later', 'Earlier', 'NoDate'] as const).flatMap((kind) =>
      REASONS.map((reason) => ({ language, kind, reason }))
    )
  )
  it.each(cases)('in $language, $kind because of $reason, speaks no jargon', ({ language, kind, reason }) => {
    const said = { kind, orderNumber: 'A-0000017', before, reason, ...(kind !== 'NoDate' && { date }) }
    const { subject, text, html } = contentOf(said, language, LINKS)
    for (const each of [subject, text, html ?? '']) {
      expect(each).toContain('A-0000017')
      expect(each).not.toMatch(/undefined|NaN|MANUFACTURING|PACKAGING|SHIPPED|MES|CRM|Queue|Carrier/)
    }
    expect(/[а-я]/i.test(text)).toBe(language === 'ru')
  })

  it('names the day, why it moved, and how to hear less', () => {
    const said = { kind: 'Later', orderNumber: 'A-0000017', before, date, reason: 'Queue' } as const
    expect(contentOf(said, 'en', LINKS).text).toBe(
      [
        'Your order A-0000017 will arrive later than we told you: by November 25, 2026 instead of November 20, 2026. We are sorry.',
        'More orders than usual are waiting for our jewellers.',
        'You need not do anything.',
        '',
        'Language, way and times of our messages: https://shop.example/p/1',
        'No more messages like this: https://shop.example/u/1',
        ''
      ].join('\n')
    )
    expect(contentOf(said, 'ru', LINKS).text).toContain('к 25 ноября 2026 года, а не к 20 ноября 2026 года')
  })

  it('has the headers of RFC 8058', () => {
    const said = { kind: 'NoDate', orderNumber: 'A-1', before, reason: 'Other' } as const
    expect(contentOf(said, 'en', LINKS).headers).toMatchObject({
      'List-Unsubscribe': '<https://shop.example/u/1>',
      'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click'
    })
  })

  it('is HTML in which nothing of an order number becomes markup', () => {
    const said = { kind: 'NoDate', orderNumber: '<b>"&', before, reason: 'Other' } as const
    expect(contentOf(said, 'en', LINKS).html).not.toContain('<b>')
  })
})

describe('quiet hours', () => {
  const night = { quietFrom: '22:00', quietTo: '08:00' }
  it.each([
    ['Europe/Moscow', '2026-11-30T18:59:00Z', '2026-11-30T18:59:00Z'],
    ['Europe/Moscow', '2026-11-30T19:00:00Z', '2026-12-01T05:00:00Z'],
    ['Europe/Moscow', '2026-12-01T04:59:00Z', '2026-12-01T05:00:00Z'],
    ['Europe/Moscow', '2026-12-01T05:00:00Z', '2026-12-01T05:00:00Z'],
    ['Asia/Yekaterinburg', '2026-11-30T18:59:00Z', '2026-12-01T03:00:00Z'],
    // The night in which Berlin's clocks go forward, and back.
    ['Europe/Berlin', '2026-03-28T22:00:00Z', '2026-03-29T06:00:00Z'],
    ['Europe/Berlin', '2026-10-24T21:00:00Z', '2026-10-25T07:00:00Z']
  ])('in %s put off %s to %s', (timeZone, at, then) => {
    expect(notInQuietHours(Date.parse(at), { ...night, timeZone })).toBe(Date.parse(then))
  })

  it('never put off into other quiet hours, never by more than a day and an hour', () => {
    const time = fc
      .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
      .map((parts) => parts.map((part) => String(part).padStart(2, '0')).join(':'))
    const zone = fc.constantFrom('Europe/Moscow', 'Europe/Berlin', 'America/St_Johns', 'Pacific/Apia')
    fc.assert(
      fc.property(
        fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }),
        time,
        time,
        zone,
        (at, quietFrom, quietTo, timeZone) => {
          const quiet = { quietFrom, quietTo, timeZone }
          const then = notInQuietHours(at.getTime(), quiet)
          expect(then).toBeGreaterThanOrEqual(at.getTime())
          expect(then - at.getTime()).toBeLessThanOrEqual(25 * 3_600_000)
        }
      )
    )
  })
})

describe('a signed link', () => {
  const key = Buffer.alloc(32, 1)
  it('is its customer’s, for its purpose', () => {
    const token = tokenFor(key, 'unsubscribe', 'C-00017')
    expect(customerOf(key, 'unsubscribe', token)).toBe('C-00017')
    expect(customerOf(key, 'preferences', token)).toBeUndefined()
    expect(customerOf(Buffer.alloc(32, 2), 'unsubscribe', token)).toBeUndefined()
  })

  it('that was changed anywhere is nobody’s, and nothing that one types throws', () => {
    const token = tokenFor(key, 'unsubscribe', 'C-00017')
    fc.assert(
      fc.property(fc.string(), fc.nat(token.length - 1), (text, place) => {
        expect(customerOf(key, 'unsubscribe', text)).toBeUndefined()
        const changed = `${token.slice(0, place)}${token[place] === 'A' ? 'B' : 'A'}${token.slice(place + 1)}`
        // The last letter of a Base64 text holds bits that mean nothing.
        if (place < token.length - 1 && place !== token.indexOf('.') - 1)
          expect(customerOf(key, 'unsubscribe', changed)).toBeUndefined()
      })
    )
  })
})

describe('preferences', () => {
  it.each([
    [{ language: 'de' }, 'language: give one of ru, en'],
    [{ way: 'pigeon' }, 'way: give one of email, webhook, none'],
    [{ timeZone: 'Moscow' }, 'timeZone: give a name of the IANA database, such as Europe/Moscow'],
    [{ quietFrom: '25:00' }, 'quietFrom: give a time such as 22:00'],
    [
      { email: 'ada@example.org' },
      'body: an unknown field; there are language, way, timeZone, quietFrom, quietTo'
    ],
    [[], 'body: no JSON object']
  ])('%j is refused: %s', (value, sentence) => {
    expect(parsePreferences(value)).toEqual({ kind: 'Wrong', sentence })
  })

  it('are taken one or many', () => {
    const value = { language: 'en', quietFrom: '21:30' }
    expect(parsePreferences(value)).toEqual({ kind: 'Right', value })
  })
})
