import { describe, expect, test } from '@jest/globals'
import { alerts } from './groups.ts'
import { inhibitRules } from './inhibition.ts'
import { alertmanagerConfig } from './routing.ts'
import type { Receivers } from './receivers.ts'
import { leavesOf, toldAt } from './route-tree.ts'
import { labelsOf } from './rule.ts'

const to = {
  platform: 'platform@x.example',
  mes: 'mes@x.example',
  shop: 'shop@x.example',
  crm: 'crm@x.example'
}
const receivers: Receivers = {
  pagerUrl: { file: '/etc/alertmanager/receivers/pager' },
  chatUrl: {
    platform: 'http://chat.example/p',
    mes: 'http://chat.example/m',
    shop: 'http://chat.example/s',
    crm: 'http://chat.example/c'
  },
  smtp: { smarthost: 'mail.example:587', from: 'alerts@x.example', to, passwordFile: '/etc/mail' }
}
const config = alertmanagerConfig(receivers)
const receiver = (name: string) => config.receivers.find((each) => each.name === name)

describe('receivers', () => {
  test('a secret URL is named by its file, and each team can have its own', () => {
    expect(receiver('mes-on-call')).toMatchObject({
      webhook_configs: [{ url_file: '/etc/alertmanager/receivers/pager', send_resolved: true }]
    })
    expect(receiver('crm-chat')).toMatchObject({ slack_configs: [{ api_url: 'http://chat.example/c' }] })
    expect(receiver('shop-mail')).toMatchObject({ email_configs: [{ to: 'shop@x.example' }] })
  })

  test('mail goes out encrypted unless somebody says otherwise', () => {
    expect(config.global).toMatchObject({ smtp_require_tls: true, smtp_auth_password_file: '/etc/mail' })
    const plain = alertmanagerConfig({ ...receivers, smtp: { ...receivers.smtp, tls: 'Off' } })
    expect(plain.global).toMatchObject({ smtp_require_tls: false })
  })
})

describe('routes', () => {
  test('a page goes to on-call at once, to the lead after 15 minutes and to the manager after 30', () => {
    const leaves = leavesOf(config.route, { alertname: 'ApiDown', severity: 'critical', team: 'mes' })
    expect(leaves.map(({ receiver: name, wait }) => [name, wait])).toEqual([
      ['mes-on-call', '15s'],
      ['mes-lead', '15m'],
      ['mes-manager', '30m']
    ])
  })

  test('an escalated page is about one alert: a new one does not ride on the age of another', () => {
    const teams = config.route.routes?.filter(({ matchers }) => matchers?.[0]?.startsWith('team=')) ?? []
    const waiting = teams.flatMap(({ routes = [] }) =>
      routes.filter(({ group_wait }) => group_wait?.endsWith('m'))
    )
    expect(waiting).toHaveLength(2 * 4)
    for (const route of waiting) expect(route.group_by).toEqual(['...'])
  })

  test('what nobody misses before tomorrow waits for the morning; what is urgent does not', () => {
    const night = { day: 5, hour: 3 }
    const at = (severity: string, service_tier: string) =>
      toldAt(config, { alertname: 'X', team: 'crm', severity, service_tier }, night)
    expect(at('warning', '3')).toEqual([])
    expect(at('warning', '2')).toHaveLength(1)
    expect(at('critical', '3')).toHaveLength(3)
  })

  test('an alert of somebody else’s rules, without a team, is seen by the platform', () => {
    expect(leavesOf(config.route, { alertname: 'X', severity: 'critical' })).toMatchObject([
      { receiver: 'platform-chat' }
    ])
  })
})

describe('inhibition', () => {
  const rules = inhibitRules()
  const value = (matcher: string) => /^(\w+)=~?"(.*)"$/.exec(matcher) ?? []
  const hits = (matchers: readonly string[], labels: Readonly<Record<string, string>>) =>
    matchers.every((matcher) => {
      const [, label = '', pattern = ''] = value(matcher)
      return new RegExp(`^(?:${pattern})$`).test(labels[label] ?? '')
    })

  test('a cause silences exactly the alerts that name it', () => {
    for (const rule of rules.filter(({ source_matchers }) => source_matchers[0]?.startsWith('alertname'))) {
      const [, , cause] = value(rule.source_matchers[0] ?? '')
      const silenced = alerts.filter((alert) =>
        hits(rule.target_matchers, { ...labelsOf(alert), alertname: alert.alert })
      )
      const naming = silenced.filter(({ silencedBy = [] }) =>
        silencedBy.some(({ alert, on }) => alert === cause && on.join() === rule.equal.join())
      )
      expect(silenced.map(({ alert }) => alert)).toEqual(naming.map(({ alert }) => alert))
    }
  })

  test('a dead origin silences the symptoms of its tier, and of its service', () => {
    const targets = rules
      .filter(({ source_matchers }) => source_matchers.includes('alertname="CacheOriginDown"'))
      .map(({ target_matchers, equal }) => `${target_matchers.join(' ')} on ${equal.join()}`)
    expect(targets).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/CacheHitRatioLow.* on tier,namespace/),
        expect.stringMatching(/ApiErrorsHigh.* on service,namespace/)
      ])
    )
  })

  test('a slow MES silences the CRM that waits for it, at the same urgency, and nobody else', () => {
    const bySlowness = rules.filter(({ source_matchers }) => source_matchers.includes('alertname="ApiSlow"'))
    expect(bySlowness).toEqual([
      {
        source_matchers: ['alertname="ApiSlow"', 'service="mes-api"'],
        target_matchers: ['alertname=~"ApiSlow|SlownessBudgetBurn"', 'service="crm-api"'],
        equal: ['severity']
      }
    ])
  })

  test('a MES that does not answer silences the errors of the CRM as well', () => {
    const dead = rules.filter(
      ({ source_matchers, target_matchers }) =>
        source_matchers.includes('service="mes-api"') && target_matchers.join().includes('ApiErrorsHigh')
    )
    expect(dead.map(({ source_matchers }) => source_matchers[0])).toEqual([
      'alertname="CacheOriginDown"',
      'alertname="ApiDown"'
    ])
    for (const { target_matchers } of dead)
      expect(target_matchers).toEqual([
        'alertname=~"ApiErrorsHigh|ApiSlow|ErrorBudgetBurn|SlownessBudgetBurn"',
        'service="crm-api"'
      ])
  })

  test('of one name and thing only the most urgent is told', () => {
    expect(rules[0]).toMatchObject({
      source_matchers: ['severity="critical"'],
      target_matchers: ['severity=~"warning|ticket"'],
      equal: expect.arrayContaining(['alertname', 'service', 'tier', 'namespace', 'objective'])
    })
  })
})
