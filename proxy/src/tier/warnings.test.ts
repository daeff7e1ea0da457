import { expect, test } from '@jest/globals'
import pino from 'pino'
import { warnings } from './warnings.ts'

test('equal messages are told once a second, with how many were left out', () => {
  const lines: string[] = []
  const log = pino({ base: null, timestamp: false }, { write: (line: string) => void lines.push(line) })
  let now = 0
  const quiet = warnings(log, () => now)
  for (let i = 0; i < 5; i += 1) quiet.warn({ i }, 'away')
  quiet.warn({}, 'another')
  now = 1000
  quiet.warn({ i: 5 }, 'away')
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    { level: 40, i: 0, msg: 'away' },
    { level: 40, msg: 'another' },
    { level: 40, i: 5, suppressed: 4, msg: 'away' }
  ])
})
