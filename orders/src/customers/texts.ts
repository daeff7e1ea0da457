/** What customers read, in their language: the new date, why, and how to hear less. No word of our systems. */
import type { Content } from '../notices/channel.ts'
import type { Reason } from '../promises/reason.ts'
import type { Language } from './contact.ts'

export interface Said {
  readonly kind: 'Later' | 'Earlier' | 'NoDate'
  /** As the customer knows the order. */
  readonly orderNumber: string
  /** End of the day by which it arrives, in milliseconds since 1970; absent with `NoDate`. */
  readonly date?: number
  readonly before: number
  readonly reason: Reason
}

export interface Links {
  /** https; RFC 8058 asks for it. */
  readonly unsubscribe: string
  readonly preferences: string
}

interface Words {
  readonly subject: (said: Said) => string
  readonly lead: (said: Said, date: string, before: string) => string
  readonly reasons: Readonly<Record<Reason, string>>
  readonly next: string
  readonly preferences: string
  readonly unsubscribe: string
}

const ENGLISH: Words = {
  subject: ({ kind, orderNumber }) =>
    kind === 'Earlier'
      ? `Your order ${orderNumber} will arrive earlier`
      : kind === 'Later'
        ? `A new date for your order ${orderNumber}`
        : `Your order ${orderNumber} needs more time`,
  lead: ({ kind, orderNumber }, date, before) =>
    kind === 'NoDate'
      ? `Your order ${orderNumber} will not arrive by ${before}. We cannot name a new date yet; we will write as soon as we can.`
      : kind === 'Later'
        ? `Your order ${orderNumber} will arrive later than we told you: by ${date} instead of ${before}. We are sorry.`
        : `Good news: your order ${orderNumber} will arrive by ${date}, earlier than ${before}.`,
  reasons: {
    Queue: 'More orders than usual are waiting for our jewellers.',
    Production: 'Making your piece takes longer than usual.',
    Packing: 'Finishing and packing your piece takes longer than usual.',
    Carrier: 'The delivery takes longer than usual.',
    Other: 'Your piece takes longer than we expected.'
  },
  next: 'You need not do anything.',
  preferences: 'Language, way and times of our messages',
  unsubscribe: 'No more messages like this'
}

const RUSSIAN: Words = {
  subject: ({ kind, orderNumber }) =>
    kind === 'Earlier'
      ? `Ваш заказ ${orderNumber} прибудет раньше`
      : kind === 'Later'
        ? `Новая дата для заказа ${orderNumber}`
        : `Заказу ${orderNumber} нужно больше времени`,
  lead: ({ kind, orderNumber }, date, before) =>
    kind === 'NoDate'
      ? `Ваш заказ ${orderNumber} не прибудет к ${before}. Новую дату мы пока назвать не можем и напишем, как только сможем.`
      : kind === 'Later'
        ? `Ваш заказ ${orderNumber} прибудет позже, чем мы обещали: к ${date}, а не к ${before}. Приносим извинения.`
        : `Хорошая новость: ваш заказ ${orderNumber} прибудет к ${date}, раньше, чем к ${before}.`,
  reasons: {
    Queue: 'Наших ювелиров ждёт больше заказов, чем обычно.',
    Production: 'Изготовление вашего изделия занимает больше времени, чем обычно.',
    Packing: 'Отделка и упаковка вашего изделия занимают больше времени, чем обычно.',
    Carrier: 'Доставка занимает больше времени, чем обычно.',
    Other: 'Вашему изделию нужно больше времени, чем мы ожидали.'
  },
  next: 'От вас ничего не требуется.',
  preferences: 'Язык, способ и время наших сообщений',
  unsubscribe: 'Больше не получать таких сообщений'
}

const WORDS: Readonly<Record<Language, Words>> = { en: ENGLISH, ru: RUSSIAN }

/** A promise is for the end of a day: the day before midnight is the one to name. */
const dayOf = (language: Language, endOfDay: number): string =>
  new Intl.DateTimeFormat(language, { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' })
    .format(endOfDay - 1)
    .replace(/\s*г\.$/, ' года')

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** A mail with plain text and HTML, and what lets mail programs show a button to unsubscribe (RFC 8058, RFC 2369). */
export function contentOf(said: Said, language: Language, { unsubscribe, preferences }: Links): Content {
  const words = WORDS[language]
  const subject = words.subject(said)
  const date = said.date === undefined ? '' : dayOf(language, said.date)
  // What comes earlier needs no excuse.
  const reason = said.kind === 'Earlier' ? [] : [words.reasons[said.reason]]
  const lines = [words.lead(said, date, dayOf(language, said.before)), ...reason, words.next]
  const links = [
    [words.preferences, preferences],
    [words.unsubscribe, unsubscribe]
  ] as const
  return {
    subject,
    text: [...lines, '', ...links.map(([text, url]) => `${text}: ${url}`), ''].join('\n'),
    html: [
      `<!doctype html><html lang="${language}"><meta charset="utf-8"><title>${escaped(subject)}</title><body>`,
      ...lines.map((line) => `<p>${escaped(line)}</p>`),
      `<p><small>${links.map(([text, url]) => `<a href="${escaped(url)}">${text}</a>`).join(' · ')}</small></p>`,
      '</body></html>'
    ].join('\n'),
    headers: {
      'List-Unsubscribe': `<${unsubscribe}>`,
      'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
      'Content-Language': language
    },
    body: {
      type: 'order.promise_changed',
      kind: said.kind,
      order: said.orderNumber,
      ...(said.date !== undefined && { date: isoDay(said.date) }),
      before: isoDay(said.before),
      reason: said.reason,
      text: lines.join(' ')
    }
  }
}

const isoDay = (endOfDay: number): string => new Date(endOfDay - 1).toISOString().slice(0, 10)
