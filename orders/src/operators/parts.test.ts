import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from '@jest/globals'
import { quietLog, registry } from '../../test/notice-kit.ts'
import { Poison } from '../events/consumer.ts'
import type { OrderEvent } from '../events/event.ts'
import { changeOf } from './change.ts'
import { operatorsConfig } from './config.ts'
import { watchRules } from './rules-in-force.ts'
import { templates } from './templates.ts'

const GOOD = readFileSync(new URL('../../rules/operators.yaml', import.meta.url), 'utf8')

describe('rules in force', () => {
  it('are read anew when the file changes, and the last good go on when it cannot be used', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'alexandrite-rules-'))
    const file = join(folder, 'rules.yaml')
    writeFileSync(file, GOOD)
    const metrics = registry()
    const rules = await watchRules({ file, log: quietLog, registry: metrics, everyMs: 10 })
    const limit = (): number | undefined => rules.current().rules.states.PACKAGING?.limitMs
    const until = async (holds: () => Promise<boolean> | boolean): Promise<void> => {
      while (!(await holds())) await sleep(10)
    }
    const usable = async (): Promise<boolean> =>
      (await metrics.metrics()).includes('operators_rules_usable 1')
    const changed = GOOD.replace('PACKAGING: { limit: 2h', 'PACKAGING: { limit: 3h')
    expect(changed).not.toBe(GOOD)
    writeFileSync(file, changed)
    await until(() => limit() === 3 * 3_600_000)
    writeFileSync(file, 'states: {}')
    await until(async () => !(await usable()))
    expect(limit()).toBe(3 * 3_600_000)
    rmSync(file)
    await sleep(50)
    writeFileSync(file, GOOD)
    await until(usable)
    expect(limit()).toBe(2 * 3_600_000)
    await rules.stop()
    rmSync(folder, { recursive: true })
  })

  it('must be there for a service to begin', async () => {
    const file = '/nowhere/rules.yaml'
    await expect(watchRules({ file, log: quietLog, registry: registry() })).rejects.toThrow('ENOENT')
  })
})

describe('the configuration', () => {
  const env = { RULES_FILE: 'r.yaml', MES_URL: 'http://127.0.0.1:1/', PAGE_URL: 'http://127.0.0.1:2' }

  it('has an address for each group that is given one', () => {
    const { addresses, smtp, mesUrl } = operatorsConfig({
      ...env,
      TELL_CHAT_OPERATORS: 'http://127.0.0.1:3/hook',
      TELL_EMAIL_NIGHT_LEAD: 'lead@example.org',
      SMTP_URL: 'smtp://127.0.0.1:25'
    })
    expect([...addresses]).toEqual([
      ['chat operators', 'http://127.0.0.1:3/hook'],
      ['email night-lead', 'lead@example.org']
    ])
    expect(smtp).toEqual({ url: 'smtp://127.0.0.1:25', from: 'orders@localhost' })
    expect(mesUrl).toBe('http://127.0.0.1:1')
  })

  it.each([
    [{ RULES_FILE: '' }, 'RULES_FILE is missing; give the path of a rules file.'],
    [{ MES_URL: '' }, 'MES_URL is missing; give an address such as http://127.0.0.1:8080.'],
    [
      { TELL_CHAT_LEAD: 'secret' },
      'TELL_CHAT_LEAD holds no address such as https://chat.example.org/hooks/1.'
    ],
    [{ SMTP_URL: 'secret' }, 'SMTP_URL is no such address; write smtp://user:password@host:port.']
  ])('with %j is refused by a sentence that keeps secrets', (more, sentence) => {
    expect(() => operatorsConfig({ ...env, ...more })).toThrow(sentence)
  })
})

describe('an event', () => {
  const event: OrderEvent = {
    id: 'a',
    source: 'mes',
    kind: 'status',
    orderId: 7,
    version: 4,
    occurredAt: '2026-12-07T06:00:00Z',
    status: 'PACKAGING',
    previousStatus: 'MANUFACTURING_COMPLETED',
    order: { due_at: '2026-12-20T06:00:00+00:00', quantity: 2, operator_id: null }
  }

  it('says what it knows, and leaves open what it does not', () => {
    expect(changeOf(event)).toEqual({
      orderId: 7,
      status: 'PACKAGING',
      at: new Date('2026-12-07T06:00:00Z'),
      number: undefined,
      promisedAt: new Date('2026-12-20T06:00:00Z'),
      quantity: 2,
      operatorId: undefined
    })
  })

  it.each([
    [{ previousStatus: 'SHIPPED' as const }, 'order 7 would go back from SHIPPED to PACKAGING'],
    [{ order: { due_at: 'soon' } }, 'order.due_at is no time of ISO 8601']
  ])('with %j is refused for good', (more, reason) => {
    expect(() => changeOf({ ...event, ...more })).toThrow(new Poison(reason))
  })
})

describe('what people read', () => {
  const render = templates({ pageUrl: 'http://mes.example.org', timeZone: () => 'Europe/Moscow' })
  const notice = (order: number) => ({
    key: String(order),
    template: 'overdue',
    subject: '',
    data: { orderId: order, number: null, matter: 'PACKAGING', at: '2026-12-07T06:00:00Z' }
  })

  it('is a sentence for one order, with its time in the company’s zone', () => {
    expect(render([notice(1)])).toEqual({
      subject: 'Order 1 is overdue: PACKAGING was due at 7 Dec 2026, 09:00',
      text: 'http://mes.example.org'
    })
  })

  it('is a list for many, and counts what is too much to list', () => {
    const { subject, text } = render(Array.from({ length: 25 }, (_, index) => notice(index)))
    expect(subject).toBe('25 orders are overdue')
    expect(text.split('\n')).toHaveLength(22)
    expect(text).toContain('and 5 more')
  })
})
