import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { mailChannel } from '@alexandrite/orders/notices/email'
import { startReceivers } from './receivers.ts'
import type { Receivers } from './receivers.ts'

let receivers: Receivers
beforeAll(async () => {
  receivers = await startReceivers()
})
afterAll(() => receivers.stop())

it('shows mails as people read them, in any language, the newest first', async () => {
  const channel = mailChannel({ smtpUrl: `smtp://${receivers.smarthost}`, from: 'orders@example.org' })
  const send = (key: string, subject: string, text: string) =>
    channel.send({ key, to: 'customer-1@example.org', subject, text }, AbortSignal.timeout(20_000))
  await send('1', 'Ваш заказ прибудет раньше', 'Хорошая новость: к 1 декабря.')
  await send('2', 'A new date', `It is ${'very '.repeat(40)}late.`)
  channel.close()
  const response = await fetch(`${receivers.webhookUrl}/mails`)
  const page = await response.text()
  expect(page).toContain('2 mails so far')
  expect(page).toContain('Ваш заказ прибудет раньше\n\nХорошая новость: к 1 декабря.')
  expect(page).toContain(`It is ${'very '.repeat(40)}late.`)
  expect(page.indexOf('A new date')).toBeLessThan(page.indexOf('Ваш заказ'))
})

it('has no other pages', async () => {
  expect((await fetch(`${receivers.webhookUrl}/else`)).status).toBe(404)
})

it('goes on when a client dies within a mail', async () => {
  const [host, port] = receivers.smarthost.split(':')
  const client = connect(Number(port), host)
  for (const line of ['EHLO there', 'MAIL FROM:<a@example.org>', 'RCPT TO:<b@example.org>']) {
    await once(client, 'data')
    client.write(`${line}\r\n`)
  }
  await once(client, 'data')
  client.resetAndDestroy()
  await once(client, 'close')
  const channel = mailChannel({ smtpUrl: `smtp://${receivers.smarthost}`, from: 'orders@example.org' })
  const before = receivers.mails.length
  const mail = { key: '3', to: 'customer-1@example.org', subject: 'Afterwards', text: 'Still here.' }
  await channel.send(mail, AbortSignal.timeout(20_000))
  channel.close()
  expect(receivers.mails.slice(before).map(({ text }) => text.includes('Still here.'))).toEqual([true])
})
