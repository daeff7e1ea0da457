import { describe, expect, test } from '@jest/globals'
import { problemText } from '@alexandrite/catalogue'
import { groups } from './groups.ts'
import { problems, problemsOf } from './problems.ts'
import { isAlert, type Alert, type Group } from './rule.ts'
import { alertmanagerConfig } from './routing.ts'
import { readRunbooks } from './runbooks.ts'

const config = alertmanagerConfig({
  pagerUrl: 'http://localhost/',
  chatUrl: 'http://localhost/',
  smtp: {
    smarthost: 'localhost:25',
    from: 'a@localhost',
    to: { platform: 'a', mes: 'a', shop: 'a', crm: 'a' }
  }
})

const told = (changed: Partial<Parameters<typeof problemsOf>[0]>): string[] =>
  problemsOf({ groups, runbooks: readRunbooks(), config, ...changed }).map(problemText)

/** All groups, with one alert changed. */
const changing = (name: string, change: Partial<Alert>): Group[] =>
  groups.map((group) => ({
    ...group,
    rules: group.rules.map((rule) => (isAlert(rule) && rule.alert === name ? { ...rule, ...change } : rule))
  }))

test('nothing is wrong with the rules, routes and runbooks there are', () => {
  expect(problems().map(problemText)).toEqual([])
})

describe('synthesis refuses, naming the file and the mend', () => {
  test.each<[string, Partial<Alert>, RegExp]>([
    ['an unknown signal', { expr: 'redis_upp == 0' }, /rules\/redis\.ts: RedisDown.*redis_upp.*redis_up\b/],
    ['an unknown label', { expr: 'redis_up{shard="1"} == 0' }, /rules\/redis\.ts: RedisDown.*shard/],
    ['wrong PromQL', { expr: 'max by (namespace (redis_up) == 0' }, /RedisDown.*cannot be read as PromQL/],
    [
      'a label in the sentence that the alert does not have',
      { summary: 'Redis {{ $labels.shard }}' },
      /RedisDown.*the label shard, which the alert does not have/
    ],
    ['a cause that does not exist', { silencedBy: [{ alert: 'Nothing', on: [] }] }, /RedisDown.*Nothing/],
    [
      'a cause that nobody is paged for',
      { severity: 'critical', silencedBy: [{ alert: 'QueueDeep', on: ['namespace'] }] },
      /RedisDown.*QueueDeep: silences it and is less urgent/
    ],
    [
      'a cause by a label that one of both lacks',
      { silencedBy: [{ alert: 'BrokerDown', on: ['tier'] }] },
      /RedisDown.*tier: BrokerDown silences it where the label is equal/
    ],
    [
      'alerts that silence each other',
      { silencedBy: [{ alert: 'CacheBreakerOpen', on: ['tier', 'namespace'] }] },
      /RedisDown.*silences itself through its causes/
    ],
    [
      'an alert that silences itself, of the same service',
      {
        service: 'redis',
        silencedBy: [{ alert: 'RedisDown', on: [], between: { caller: 'redis', called: 'redis' } }]
      },
      /RedisDown.*silences itself through its causes/
    ],
    [
      'a cause of the same severity by a label that it lacks',
      { silencedBy: [{ alert: 'BrokerDown', on: ['severity', 'tier'] }] },
      /RedisDown.*tier: BrokerDown silences it where the label is equal/
    ],
    ['a route to nobody', { team: 'nobody' as 'mes' }, /RedisDown.*nobody.*not with a receiver of its team/]
  ])('%s', (_, change, message) => {
    expect(told({ groups: changing('RedisDown', change) }).join('\n')).toMatch(message)
  })

  test('two alerts of one name with the same labels', () => {
    expect(told({ groups: [...groups, ...groups.slice(0, 1)] }).join('\n')).toMatch(
      /there are two of this name/
    )
  })

  test('a recording rule whose name nobody declares', () => {
    const rogue: Group = { name: 'x', file: 'x.ts', rules: [{ record: 'a:b:c', expr: 'redis_up' }] }
    expect(told({ groups: [...groups, rogue] })).toEqual([
      expect.stringMatching(/^x\.ts: a:b:c.*recorded\.ts/)
    ])
  })
})

describe('of runbooks it refuses', () => {
  const withText = (change: (text: string) => string) => {
    const runbooks = new Map(readRunbooks())
    runbooks.set('RedisDown', change(runbooks.get('RedisDown') ?? ''))
    return told({ runbooks })
  }

  test('an alert without one', () => {
    const runbooks = new Map(readRunbooks())
    runbooks.delete('PricingSlow')
    expect(told({ runbooks })).toContainEqual(
      expect.stringMatching(/^alerts\/runbooks\/PricingSlow\.md: .*the alert has no runbook/)
    )
  })

  test('one without an alert', () => {
    expect(told({ runbooks: new Map([...readRunbooks(), ['Old', '# Old']]) })).toContainEqual(
      expect.stringMatching(/^alerts\/runbooks\/Old\.md: .*no alert has this name/)
    )
  })

  test.each<[string, (text: string) => string, RegExp]>([
    ['a missing heading', (text) => text.replace('## What to do', '## Later'), /exactly the headings/],
    [
      'an empty part',
      (text) => text.replace(/(## What to do\n)[^]*(?=## Who)/, '$1\n'),
      /under each heading/
    ],
    ['another title', (text) => text.replace('# RedisDown', '# Redis'), /begin with "# RedisDown"/],
    ['a query of what nobody declares', (text) => text.replace('redis_up', 'redis_upp'), /redis_upp/],
    ['a link to nowhere', (text) => `${text}\n[x](Nowhere.md)`, /the runbook Nowhere, which does not exist/]
  ])('%s', (_, change, message) => {
    expect(withText(change).join('\n')).toMatch(message)
  })
})
