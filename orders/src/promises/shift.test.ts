import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import type { OrderState } from '../order.ts'
import { decide, endOfDay, firstPromise, SHIFT_RULES } from './shift.ts'
import type { Observation, Promised, Telling } from './shift.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const START = Date.UTC(2026, 10, 2)
const { later, settle, pause } = SHIFT_RULES

const seen = (
  now: number,
  delivery: number | undefined,
  state: OrderState = 'MANUFACTURING_APPROVED'
): Observation => ({
  now,
  state,
  estimate: delivery === undefined ? { kind: 'BeyondHistory' } : { kind: 'Known', remaining: delivery - now }
})

/** Plays observations and collects what the customer was told. */
function play(observations: readonly Observation[], from = firstPromise(seen(START, START + 20 * DAY), 0)) {
  const tellings: Telling[] = []
  let promised: Promised = from
  for (const observation of observations) {
    const decision = decide(promised, observation, SHIFT_RULES)
    promised = decision.promised
    if (decision.telling !== undefined) tellings.push(decision.telling)
  }
  return { promised, tellings }
}
/** One look an hour for so many hours. */
const hourly = (hours: number, look: (hour: number) => Observation): Observation[] =>
  Array.from({ length: hours }, (_, hour) => look(hour))
const at = (hour: number): number => START + hour * HOUR

describe('a promise', () => {
  it('is for the end of a day', () => {
    expect(firstPromise(seen(START, START + 20 * DAY + 1), 0)).toMatchObject({ date: START + 21 * DAY })
  })

  it('that holds tells nothing', () => {
    expect(play(hourly(200, (hour) => seen(at(hour), START + 20 * DAY))).tellings).toEqual([])
  })

  it('that moves is told once, after it stayed so, with the date before', () => {
    const { tellings } = play(hourly(200, (hour) => seen(at(hour), START + 25 * DAY)))
    expect(tellings).toEqual([{ kind: 'Later', number: 1, date: START + 25 * DAY, before: START + 20 * DAY }])
  })

  it('that looks moved for less than the time to settle is not told', () => {
    const hours = settle / HOUR
    const looks = [
      ...hourly(hours, (hour) => seen(at(hour), START + 25 * DAY)),
      ...hourly(50, (hour) => seen(at(hours + hour), START + 20 * DAY))
    ]
    expect(play(looks).tellings).toEqual([])
  })

  it('does not flap when the estimate swings around the bound', () => {
    const around = hourly(500, (hour) =>
      seen(at(hour), START + 20 * DAY + later + (hour % 2 === 0 ? DAY : -DAY))
    )
    expect(play(around).tellings).toEqual([])
  })

  it('is taken back, once, when no date can be named; a new date is told when there is one', () => {
    const { tellings } = play([
      ...hourly(48, (hour) => seen(at(hour), undefined)),
      ...hourly(48, (hour) => seen(at(48 + hour), START + 30 * DAY))
    ])
    expect(tellings.map(({ kind, number }) => [kind, number])).toEqual([
      ['NoDate', 1],
      ['Later', 2]
    ])
  })

  it('of a closed order tells nothing any more, whatever comes', () => {
    const { tellings, promised } = play([
      seen(at(1), START + 20 * DAY, 'CLOSED'),
      ...hourly(100, (hour) => seen(at(hour + 2), START + 90 * DAY))
    ])
    expect([tellings, promised]).toEqual([[], { kind: 'Ended', told: 0 }])
  })
})

describe('whatever is estimated', () => {
  const looks = fc.array(
    fc.record({
      wait: fc.integer({ min: 0, max: 40 }),
      days: fc.option(fc.integer({ min: 0, max: 60 }), { nil: undefined }),
      closes: fc.integer({ min: 0, max: 60 }).map((n) => n === 0)
    }),
    { maxLength: 80 }
  )
  const observationsOf = (
    all: readonly { readonly wait: number; readonly days: number | undefined; readonly closes: boolean }[]
  ): Observation[] => {
    let now = START
    return all.map(({ wait, days, closes }) => {
      now += wait * HOUR
      return seen(now, days === undefined ? undefined : START + days * DAY, closes ? 'CLOSED' : 'SHIPPED')
    })
  }

  it('numbers run without a gap, messages keep their distance, and none follows the end', () => {
    fc.assert(
      fc.property(looks, (all) => {
        const observations = observationsOf(all)
        let promised = firstPromise(seen(START, START + 20 * DAY), 0)
        let [number, last, ended] = [0, -Infinity, false]
        for (const observation of observations) {
          const decision = decide(promised, observation, SHIFT_RULES)
          ended ||= observation.state === 'CLOSED'
          if (decision.telling !== undefined) {
            expect(ended).toBe(false)
            expect(decision.telling.number).toBe(++number)
            expect(observation.now - last).toBeGreaterThanOrEqual(pause)
            last = observation.now
          }
          promised = decision.promised
        }
      })
    )
  })

  it('the same look twice is told once', () => {
    fc.assert(
      fc.property(looks, (all) => {
        const observations = observationsOf(all)
        const twice = observations.flatMap((each) => [each, each])
        expect(play(twice).tellings).toEqual(play(observations).tellings)
      })
    )
  })

  it('each message says something else than the one before', () => {
    fc.assert(
      fc.property(looks, (all) => {
        const { tellings } = play(observationsOf(all))
        const said = tellings.map((telling) =>
          telling.kind === 'NoDate' ? 'no date' : String(endOfDay(telling.date))
        )
        expect(said.filter((each, i) => i > 0 && each === said[i - 1])).toEqual([])
      })
    )
  })
})
