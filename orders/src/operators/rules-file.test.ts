import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { parseRules, RulesError } from './rules-file.ts'

const GOOD = readFileSync(new URL('../../rules/operators.yaml', import.meta.url), 'utf8')

const problemsOf = (text: string): readonly string[] => {
  try {
    parseRules(text, 'rules.yaml')
    return []
  } catch (error) {
    if (error instanceof RulesError) return error.problems
    throw error
  }
}

describe('a rules file', () => {
  it('as it is shipped says when what is due, and who is told', () => {
    const rules = parseRules(GOOD, 'rules.yaml')
    expect(rules.states.SUBMITTED).toEqual({
      limitMs: 7_200_000,
      dueSoonMs: 3_600_000,
      escalateMs: 7_200_000
    })
    expect(rules.states.CLOSED).toBeUndefined()
    expect(rules.promise).toEqual({ dueSoonMs: 24 * 3_600_000, escalateMs: undefined })
    expect(rules.tell.escalated).toEqual([
      { channel: 'chat', to: 'lead' },
      { channel: 'email', to: 'lead' }
    ])
    expect(rules.calendar.days['2027-01-01']).toEqual([])
  })

  it.each([
    [
      '  PACKAGING: {',
      '  PACKING: {',
      [
        'states.PACKING is unknown; known are INITIATED, FILE_UPLOADED, SUBMITTED, PRICE_CALCULATED, MANUFACTURING_APPROVED, MANUFACTURING_STARTED, MANUFACTURING_COMPLETED, PACKAGING, SHIPPED, CLOSED',
        'states.PACKAGING is missing; give it a limit, or the word none'
      ]
    ],
    [
      'limit: 120h',
      'limit: 5 days',
      [
        'states.MANUFACTURING_STARTED.limit must be working time such as 90m or 16h, above 0 and at most 1000h, not "5 days"'
      ]
    ],
    [
      'dueSoon: 0.5',
      'dueSoon: 1.5',
      ['states.SUBMITTED.dueSoon must be a number from 0 to 1, such as 0.8, not 1.5']
    ],
    [
      ', escalateAfter: 15m',
      '',
      [
        'states.MANUFACTURING_APPROVED.escalateAfter must be working time such as 90m or 16h, above 0 and at most 1000h; it is missing'
      ]
    ],
    [
      'Europe/Moscow',
      'Europe/Moskau',
      ['calendar.timeZone is no IANA time zone: "Europe/Moskau"; write one such as Europe/Moscow']
    ],
    [
      'saturday: [10:00-18:00]',
      'saturday: [18:00-10:00]',
      [
        'calendar.week.saturday[0] ends before it begins; write a night as two shifts, to 24:00 and from 00:00'
      ]
    ],
    [
      'saturday: [10:00-18:00]',
      'saturday: [10:00-14:00, 13:00-18:00]',
      ['calendar.week.saturday has the shift 13:00-18:00, which begins before the one in front of it ends']
    ],
    ['    sunday: []\n', '', ['calendar.week.sunday must be a list; an empty one is []']],
    ['2027-03-08', '2027-02-30', ['calendar.days.2027-02-30 is no date; write it like 2026-12-31']],
    [
      'channel: email, to: lead }]\n  escalated',
      'channel: pager, to: lead }]\n  escalated',
      ['tell.overdue[1].channel must be one of chat, email, not "pager"']
    ],
    [
      'to: operators }]\n  due-soon',
      'to: a@example.org }]\n  due-soon',
      ['tell.new[0].to must be a name such as operators; addresses are in TELL_…, not "a@example.org"']
    ],
    [
      'digestSeconds: 60',
      'digestSeconds: [',
      [
        'not YAML: Flow sequence in block collection must be sufficiently indented and end with a ] at line 49, column 17:'
      ]
    ]
  ])('with %j as %j is refused, and the field is named', (from, to, problems) => {
    expect(GOOD).toContain(from)
    const found = problemsOf(GOOD.replace(from, to))
    if (found[0]?.startsWith('not YAML') === true) expect(found[0]).toMatch(/^not YAML: .* at line \d+/)
    else expect(found).toEqual(problems)
  })

  it('without anything names every part that is missing', () => {
    expect(problemsOf('')).toEqual(
      expect.arrayContaining([
        'the file is missing; it holds calendar, states, promise, tell, digestSeconds',
        'calendar.timeZone must be an IANA time zone such as Europe/Moscow; it is missing'
      ])
    )
  })
})
