import { describe, expect, it } from '@jest/globals'
import { UsageError } from '../command.ts'
import { loadOptions } from './options.ts'

describe('the options of a load', () => {
  it('come from the profile', () => {
    expect(loadOptions(['--profile', 'smoke'])).toMatchObject({
      ...{ seconds: 30, scale: 1, seed: 1, orders: 20_000, straight: false, compare: true },
      target: undefined
    })
  })

  it('make the order table of a later month: as the example’s data grow', () => {
    expect(loadOptions(['--profile', 'gate', '--months', '0'])?.orders).toBe(201_000)
    expect(loadOptions(['--profile', 'gate', '--months', '12'])?.orders).toBe(284_400)
  })

  it('take a target of the user’s own, whose servers are not asked', () => {
    const argv = [
      '--profile',
      'smoke',
      '--target',
      'mes=http://127.0.0.1:1',
      '--target',
      'shop=http://127.0.0.1:2'
    ]
    expect(loadOptions(argv)).toMatchObject({
      target: { mes: 'http://127.0.0.1:1', shop: 'http://127.0.0.1:2' },
      compare: false
    })
  })

  it.each([
    [[], 'No --profile is given; take one of smoke, gate,'],
    [['--profile', 'smok'], 'There is no profile "smok"; take one of smoke,'],
    [['--profile', 'smoke', '--duration', '1e9'], '--duration is "1e9"; give a number from 5 to 14400.'],
    [['--profile', 'smoke', '--scale', '11'], '--scale is "11"; give a number from 0.1 to 10.'],
    [
      ['--profile', 'smoke', '--target', 'http://127.0.0.1'],
      '--target is "http://127.0.0.1"; write mes=, shop= or crm='
    ],
    [
      ['--profile', 'smoke', '--target', 'mes=http://127.0.0.1'],
      'Name both --target mes=URL and --target shop=URL.'
    ],
    [['--profile', 'deploy', '--target', 'mes=http://127.0.0.1'], 'The profile deploy breaks what it loads']
  ])('refuse %j', (argv, message) => {
    expect(() => loadOptions(argv)).toThrow(UsageError)
    expect(() => loadOptions(argv)).toThrow(message)
  })
})
