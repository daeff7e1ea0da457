import { describe, expect, test } from '@jest/globals'
import { alertmanagerConfig, type AlertmanagerConfig, type Route } from '@alexandrite/alerts'
import { EXAMPLE } from './routes-command.ts'
import { unreachable, wrongByAmtool, wrongByReading, wrongRoutes } from './routes.ts'

const config = alertmanagerConfig(EXAMPLE)

test('everyone is told as intended, by reading the tree and by amtool', async () => {
  expect(await wrongRoutes(config)).toEqual([])
}, 120_000)

/** The same tree with the routes of one team changed. */
const changed = (change: (routes: readonly Route[]) => readonly Route[]): AlertmanagerConfig => ({
  ...config,
  route: {
    ...config.route,
    routes: (config.route.routes ?? []).map((route) =>
      route.matchers?.includes('team="mes"') ? { ...route, routes: change(route.routes ?? []) } : route
    )
  }
})

describe('it is noticed when', () => {
  test('a page does not escalate', () => {
    const broken = changed((routes) => routes.filter(({ receiver }) => receiver !== 'mes-lead'))
    expect(wrongByReading(broken).join('\n')).toMatch(
      /alertname=ApiDown severity=critical team=mes.*168 hours/
    )
    expect(unreachable(broken)).toEqual([expect.stringMatching(/mes-lead is reached by no alert/)])
  })

  test('a route ends before the next rung, to amtool as well', async () => {
    const broken = changed((routes) => routes.map(({ continue: _, ...route }) => route))
    expect((await wrongByAmtool(broken)).join('\n')).toMatch(/severity=critical team=mes.*mes-manager/)
  }, 120_000)

  test('a warning of a lesser service wakes somebody up', () => {
    const broken = changed((routes) => routes.map(({ active_time_intervals: _, ...route }) => route))
    const [first = ''] = wrongByReading(broken)
    expect(first).toMatch(/team=mes service_tier=3: in 123 of 168 hours.*should tell nobody/)
  })

  test('the lead is told too late', () => {
    const broken = changed((routes) =>
      routes.map((route) => (route.receiver === 'mes-lead' ? { ...route, group_wait: '45m' } : route))
    )
    expect(wrongByReading(broken).join('\n')).toMatch(/mes-lead after 45m.*should tell .*mes-lead after 15m/)
  })
})
