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
