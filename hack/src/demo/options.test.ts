import { describe, expect, it } from '@jest/globals'
import { UsageError } from '../command.ts'
import { demoOptions } from './options.ts'
import { addressesIn } from './tiers.ts'

describe('the options of the demo', () => {
  it('have defaults', () => {
    expect(demoOptions([], {})).toEqual({
      stay: false,
      json: false,
      durationSeconds: 20,
      seed: 1,
      databaseUrl: undefined
    })
  })

  it('take a database from the environment, unless it is empty, and rather from the command line', () => {
    expect(demoOptions([], { DATABASE_URL: 'postgres://a' })?.databaseUrl).toBe('postgres://a')
    expect(demoOptions([], { DATABASE_URL: '' })?.databaseUrl).toBeUndefined()
    expect(
      demoOptions(['--database-url', 'postgres://b'], { DATABASE_URL: 'postgres://a' })?.databaseUrl
    ).toBe('postgres://b')
  })

  it.each([
    [['--duration', 'long'], '--duration is "long"; give a whole number from 0 to 600.'],
    [['--duration', '601'], '--duration is "601"'],
    [['--stya'], "Unknown option '--stya'"]
  ])('refuse %j', (argv, message) => {
    expect(() => demoOptions(argv, {})).toThrow(UsageError)
    expect(() => demoOptions(argv, {})).toThrow(message)
  })
})

describe('the addresses of the tiers', () => {
  const mes = '{"event":"started","tier":"mes/mes-api","url":"http://127.0.0.1:1"}'
  const shop = '{"event":"started","tier":"shop/shop-api","url":"http://127.0.0.1:2"}'

  it('are known once both have started', () => {
    expect(addressesIn(`{"event":"token","file":"x"}\n${mes}\n`)).toBeUndefined()
    expect(addressesIn(`${mes}\nsome warning\n${shop}\n`)).toEqual({
      mes: 'http://127.0.0.1:1',
      shop: 'http://127.0.0.1:2'
    })
  })

  it('are not read from a line that is not complete yet', () => {
    expect(addressesIn(`${mes}\n${shop.slice(0, 30)}`)).toBeUndefined()
  })
})
