/** Who is told of what, when: Alertmanager's configuration. */
import type { Team } from '@alexandrite/catalogue'
import { BUSINESS_HOURS, timeInterval, type TimeInterval } from './business-hours.ts'
import { inhibitRules, type InhibitRule } from './inhibition.ts'
import {
  chatOf,
  DEADMAN,
  ESCALATION,
  globalSettings,
  mailOf,
  pagerOf,
  receiverList,
  TEAMS,
  type Receivers
} from './receivers.ts'

export interface Route {
  readonly receiver: string
  readonly matchers?: readonly string[]
  readonly group_by?: readonly string[]
  readonly group_wait?: string
  readonly group_interval?: string
  readonly repeat_interval?: string
  readonly continue?: true
  readonly active_time_intervals?: readonly string[]
  readonly routes?: readonly Route[]
}

export interface AlertmanagerConfig {
  readonly global: object
  readonly route: Route
  readonly inhibit_rules: readonly InhibitRule[]
  readonly time_intervals: readonly TimeInterval[]
  readonly receivers: readonly { readonly name: string }[]
}

/** Times of the routes; tests make them short. Prometheus' durations. */
export interface Pace {
  /** What belongs together is collected this long before the first page. Default 15s. */
  readonly firstPage: string
  /** From a page to the next rung's, for each rung after the first. Default: 15m and 30m, of the case. */
  readonly escalateAfter: readonly [lead: string, manager: string]
}

const CASE: Pace = {
  firstPage: '15s',
  escalateAfter: [`${ESCALATION[1].afterMinutes}m`, `${ESCALATION[2].afterMinutes}m`]
}

/** Every alert for itself: so that each escalates by its own age. */
const EACH = ['...']
/** What one person would look at together. */
const TOGETHER = ['team', 'service', 'namespace', 'tier']

/**
 * Escalation is a wait: a route to the next rung tells nobody until an alert has been firing for so long, unsilenced
 * and not inhibited. A silence is the acknowledgement.
 */
const pages = (team: Team, { firstPage, escalateAfter }: Pace): Route[] => {
  const critical = { matchers: ['severity="critical"'], repeat_interval: '1h' }
  const escalated = (who: 'lead' | 'manager', wait: string) => ({
    ...critical,
    receiver: pagerOf(team, who),
    group_by: EACH,
    group_wait: wait,
    repeat_interval: '4h'
  })
  return [
    {
      ...critical,
      receiver: pagerOf(team, 'on-call'),
      group_wait: firstPage,
      // Its end is news too.
      group_interval: '1m',
      continue: true
    },
    { ...escalated('lead', escalateAfter[0]), continue: true },
    escalated('manager', escalateAfter[1])
  ]
}

/** What nobody misses before tomorrow waits for the morning. */
const quietly = (severity: 'warning' | 'ticket', receiver: string, repeat: string): Route[] => {
  const route = { receiver, repeat_interval: repeat }
  return [
    {
      ...route,
      matchers: [`severity="${severity}"`, 'service_tier="3"'],
      active_time_intervals: [BUSINESS_HOURS.name]
    },
    { ...route, matchers: [`severity="${severity}"`] }
  ]
}

const ofTeam = (team: Team, pace: Pace): Route => ({
  receiver: chatOf(team),
  matchers: [`team="${team}"`],
  routes: [
    ...pages(team, pace),
    ...quietly('warning', chatOf(team), '12h'),
    ...quietly('ticket', mailOf(team), '3d')
  ]
})

const tree = (pace: Pace): Route => ({
  // Alerts without a team: rules of others. The platform team looks after them.
  receiver: chatOf('platform'),
  group_by: TOGETHER,
  group_wait: '30s',
  group_interval: '5m',
  repeat_interval: '12h',
  routes: [
    {
      receiver: DEADMAN,
      matchers: ['alertname="Watchdog"'],
      group_wait: '0s',
      group_interval: '1m',
      repeat_interval: '1m'
    },
    ...TEAMS.map((team) => ofTeam(team, pace))
  ]
})

/** Alertmanager's configuration, to be written as YAML. */
export const alertmanagerConfig = (receivers: Receivers, pace: Pace = CASE): AlertmanagerConfig => ({
  global: globalSettings(receivers),
  route: tree(pace),
  inhibit_rules: inhibitRules(),
  time_intervals: [timeInterval()],
  receivers: receiverList(receivers)
})
