import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { startReceivers } from '@alexandrite/hack/stack/receivers'
import type { Receivers } from '@alexandrite/hack/stack/receivers'
import { noticeDatabase, quietLog, registry, startWebhook } from '../../test/notice-kit.ts'
import type { TestDatabase, Webhook } from '../../test/notice-kit.ts'
import { transaction } from '../service/database.ts'
import { setClock } from '../timers/clock.ts'
import type { Content } from './channel.ts'
import { webhookChannel } from './chat.ts'
import type { ClaimedNotice } from './claims.ts'
import { mailChannel, messageIdOf } from './email.ts'
import type { MailChannel } from './email.ts'
import { noticeMetrics } from './metrics.ts'
import { enqueueNotice, forgetNotices, silenceNotices } from './queue.ts'
import type { Notice } from './queue.ts'
import { sendOnce, startSender } from './sender.ts'
import type { SenderOptions } from './sender.ts'

const render = (notices: readonly ClaimedNotice[]): Content => ({
  subject: `${notices.length} of ${notices[0]?.template ?? ''}`,
  text: notices.map(({ data }) => String(data.order)).join(', ')
})

describe('notices', () => {
  let database: TestDatabase
  let hook: Webhook
  let receivers: Receivers
  let mail: MailChannel
  let options: SenderOptions
  let metrics: ReturnType<typeof registry>

  beforeAll(async () => {
    database = await noticeDatabase()
    receivers = await startReceivers()
    mail = mailChannel({ smtpUrl: `smtp://${receivers.smarthost}`, from: 'Orders <orders@example.org>' })
  }, 120_000)
  beforeEach(async () => {
    hook = await startWebhook()
    metrics = registry()
    const channels = [webhookChannel({ name: 'chat', timeoutMs: 60_000 }), mail]
    const { pool } = database
    options = {
      ...{ pool, sender: 'operators', channels, render, log: quietLog },
      // A busy machine is no dead sender.
      leaseSeconds: 240,
      retry: { attempts: 3, firstSeconds: 0, longestSeconds: 0 },
      metrics: noticeMetrics({
        registry: metrics,
        pool,
        log: quietLog,
        sender: 'operators',
        channels: ['chat', 'email']
      })
    }
  })
  afterEach(async () => {
    await hook.stop()
    await database.pool.query('TRUNCATE notices.message, notices.notice, notices.digest, timers.clock')
  })
  afterAll(async () => {
    mail.close()
    await receivers.stop()
    await database.stop()
  })

  const notice = (key: string, more: Partial<Notice> = {}): Notice => ({
    key,
    sender: 'operators',
    channel: 'chat',
    to: hook.url,
    template: 'overdue',
    data: { order: key },
    subject: `order/${key}`,
    ...more
  })
  const enqueue = (...notices: Notice[]): Promise<boolean[]> =>
    transaction(database.pool, async (client) => {
      const made: boolean[] = []
      for (const one of notices) made.push(await enqueueNotice(client, one))
      return made
    })
  const texts = (): (string | undefined)[] => hook.posts.map(({ body }) => body.text)
  const stateOf = async (key: string): Promise<unknown> => {
    const { rows } = await database.pool.query<{ state: string; reason: string | null }>(
      'SELECT state, reason FROM notices.message WHERE key = $1',
      [key]
    )
    return rows[0]
  }

  it('are told once by their key, however often they are put down and however many senders there are', async () => {
    expect(await enqueue(notice('a'), notice('a'), notice('b'))).toEqual([true, false, true])
    await Promise.all([sendOnce(options), sendOnce(options), sendOnce(options)])
    expect(await enqueue(notice('a'))).toEqual([false])
    await sendOnce(options)
    expect(hook.posts.map(({ key }) => key).sort()).toEqual(['a', 'b'])
  })

  it('are not told when their cause did not happen', async () => {
    const failed = transaction(database.pool, async (client) => {
      await enqueueNotice(client, notice('a'))
      throw new Error('the effect failed')
    })
    await expect(failed).rejects.toThrow('the effect failed')
    expect(await sendOnce(options)).toBe(0)
  })

  it('are tried again with the same key until the other side takes them', async () => {
    hook.answers.push(503, 429)
    await enqueue(notice('a'))
    for (let round = 0; round < 4; round += 1) await sendOnce(options)
    expect(hook.posts.map(({ key }) => key)).toEqual(['a', 'a', 'a'])
    expect(await stateOf('a')).toMatchObject({ state: 'sent' })
    expect(await metrics.metrics()).toMatch(/notices_messages_total\{channel="chat",result="failed"\} 2/)
  })

  it.each([
    {
      says: 'after as many tries as there may be',
      answers: [500, 500, 500],
      reason: 'the chat answered 500'
    },
    { says: 'at once when they are refused for good', answers: [404], reason: 'the chat answered 404' }
  ])('are given up with a reason $says', async ({ answers, reason }) => {
    hook.answers.push(...answers)
    await enqueue(notice('a'))
    for (let round = 0; round < 5; round += 1) await sendOnce(options)
    expect(hook.posts).toHaveLength(answers.length)
    expect(await stateOf('a')).toEqual({ state: 'dead', reason })
  })

  it('keep no address in the reason when nobody listens', async () => {
    const gone = await startWebhook()
    await gone.stop()
    await enqueue(notice('a', { to: `${gone.url}/secret-token` }))
    await sendOnce(options)
    expect(await stateOf('a')).toEqual({ state: 'waiting', reason: 'no answer: ECONNREFUSED' })
  })

  it('of a sender that died on the way are sent by another after the lease', async () => {
    await enqueue(notice('a'))
    await database.pool.query(
      `UPDATE notices.message SET attempts = 1, tried_at = clock_timestamp(), pause = '1 hour'`
    )
    expect(await sendOnce(options)).toBe(0)
    await database.pool.query(`UPDATE notices.message SET tried_at = tried_at - interval '1 hour'`)
    expect(await sendOnce(options)).toBe(1)
  })

  it('do not wait for a try that lies in the future since the clock was set back', async () => {
    await enqueue(notice('a'))
    await database.pool.query(
      `UPDATE notices.message SET attempts = 1, tried_at = clock_timestamp() + interval '1 day', pause = '1 hour'`
    )
    expect(await sendOnce(options)).toBe(1)
  })

  it('wait until their time by the clock of the deadlines', async () => {
    await enqueue(notice('a', { notBefore: new Date(Date.now() + 3_600_000) }))
    expect(await sendOnce(options)).toBe(0)
    await setClock(database.pool, { now: new Date(Date.now() + 3_700_000), rate: 1 })
    expect(await sendOnce(options)).toBe(1)
  })

  it('are silenced when there is nothing to say any more', async () => {
    await enqueue(notice('a', { subject: 'order/1' }), notice('b', { subject: 'order/2' }))
    expect(await transaction(database.pool, (client) => silenceNotices(client, 'order/1'))).toBe(1)
    await sendOnce(options)
    expect(texts()).toEqual(['1 of overdue\nb'])
    expect(await stateOf('a')).toMatchObject({ state: 'silenced' })
    expect(await transaction(database.pool, (client) => silenceNotices(client, 'order/2'))).toBe(0)
  })

  it('of a digest: the first goes at once, those of the window go together after it', async () => {
    const digest = { name: 'overdue', windowSeconds: 3600 }
    await enqueue(notice('a', { digest }))
    await sendOnce(options)
    await enqueue(notice('b', { digest }), notice('c', { digest }), notice('d', { digest }))
    await transaction(database.pool, (client) => silenceNotices(client, 'order/c'))
    expect(await sendOnce(options)).toBe(0)
    await database.pool.query(`UPDATE notices.digest SET opened_at = opened_at - interval '1 hour'`)
    await Promise.all([sendOnce(options), sendOnce(options)])
    await sendOnce(options)
    expect(hook.posts).toEqual([
      { key: 'digest:a', body: { text: '1 of overdue\na' } },
      { key: 'digest:b', body: { text: '2 of overdue\nb, d' } }
    ])
  })

  it('of a digest are put down while a sender closes it: neither waits for the other in a circle', async () => {
    const digest = { name: 'overdue', windowSeconds: 3600 }
    await enqueue(notice('a', { digest }))
    await transaction(database.pool, async (sender) => {
      await sender.query('SELECT FROM notices.digest FOR UPDATE')
      await transaction(database.pool, async (client) => {
        await client.query(`SET LOCAL lock_timeout = '10s'`)
        expect(await silenceNotices(client, 'order/a')).toBe(1)
        expect(await enqueueNotice(client, notice('b', { digest }))).toBe(true)
      })
    })
    expect(await sendOnce(options)).toBe(1)
    expect(hook.posts).toEqual([{ key: 'digest:b', body: { text: '1 of overdue\nb' } }])
  })

  it('go by mail with a Message-ID of their key', async () => {
    await enqueue(notice('a', { channel: 'email', to: 'lead@example.org' }))
    await sendOnce(options)
    expect(receivers.mails.at(-1)).toMatchObject({ from: 'orders@example.org', to: ['lead@example.org'] })
    const id = messageIdOf('a', 'Orders <orders@example.org>')
    expect(id).toMatch(/^<[0-9a-f]{40}@example\.org>$/)
    expect(receivers.mails.at(-1)?.text).toContain(`Message-ID: ${id}`)
    expect(receivers.mails.at(-1)?.text).toContain('Subject: 1 of overdue')
  })

  it('are told by a running sender within its look, and it stops without losing any', async () => {
    const sender = startSender({ ...options, idleMs: 20 })
    await enqueue(...Array.from({ length: 60 }, (_, index) => notice(`n${index}`)))
    while (hook.posts.length < 20) await new Promise((resolve) => setTimeout(resolve, 10))
    await sender.stop()
    await sendUntilNone()
    expect(new Set(hook.posts.map(({ key }) => key)).size).toBe(60)
    expect(hook.posts).toHaveLength(60)
  })

  async function sendUntilNone(): Promise<void> {
    while ((await sendOnce(options)) > 0);
  }

  it('say how many are due and how long the oldest has waited', async () => {
    await enqueue(notice('a'), notice('b', { channel: 'email', to: 'x@example.org' }))
    await database.pool.query(`UPDATE notices.message SET not_before = not_before - interval '90 seconds'`)
    const said = await metrics.metrics()
    expect(said).toMatch(/notices_waiting\{channel="chat"\} 1/)
    expect(Number(/notices_oldest_seconds\{channel="email"\} (\S+)/.exec(said)?.[1])).toBeGreaterThanOrEqual(
      90
    )
  })

  it('forget addresses and data after their time, never their keys', async () => {
    await enqueue(notice('a'), notice('b'))
    await sendOnce(options)
    await database.pool.query(
      `UPDATE notices.message SET ended_at = ended_at - interval '31 days' WHERE key = 'a'`
    )
    expect(await transaction(database.pool, (client) => forgetNotices(client, 30))).toBe(1)
    const { rows } = await database.pool.query('SELECT key, recipient, data FROM notices.notice ORDER BY key')
    expect(rows).toEqual([
      { key: 'a', recipient: '', data: {} },
      { key: 'b', recipient: hook.url, data: { order: 'b' } }
    ])
    expect(await enqueue(notice('a'))).toEqual([false])
  })
})
