/** The last step to a customer: only here a reference becomes an address. */
import type { Pool } from 'pg'
import { Refused } from '../notices/channel.ts'
import type { Channel, Content } from '../notices/channel.ts'
import type { NoticeData } from '../notices/queue.ts'
import { REASONS } from '../promises/reason.ts'
import { LANGUAGES } from './contact.ts'
import { contactOf } from './contacts.ts'
import { contentOf } from './texts.ts'
import type { Links, Said } from './texts.ts'
import { tokenFor } from './tokens.ts'
import { TELLING_KINDS } from './metrics.ts'

/** `inner`, whose messages are addressed by the customer's reference; asks what the customer wants once more. */
export const contactChannel = (inner: Channel, pool: Pool): Channel => ({
  name: inner.name,
  send: async (message, signal) => {
    const contact = await contactOf(pool, message.to)
    if (contact?.way !== inner.name) throw new Refused('the customer wants no messages by this way')
    const to = inner.name === 'email' ? contact.email : contact.webhookUrl
    if (to === undefined) throw new Refused('the customer has no address for this way')
    await inner.send({ ...message, to }, signal)
  }
})

export interface LinkOptions {
  /** Under which customers reach this service; https. */
  readonly publicUrl: string
  /** Signs the links. */
  readonly key: Buffer
}

export const linksFor = ({ publicUrl, key }: LinkOptions, customerRef: string): Links => ({
  unsubscribe: `${publicUrl}/unsubscribe/${tokenFor(key, 'unsubscribe', customerRef)}`,
  preferences: `${publicUrl}/preferences/${tokenFor(key, 'preferences', customerRef)}`
})

/** @throws Refused when it is none of this service's */
export function render(
  { template, data }: { readonly template: string; readonly data: NoticeData },
  options: LinkOptions
): Content {
  const kind = TELLING_KINDS.find((each) => each === template)
  const reason = REASONS.find((each) => each === data.reason)
  const language = LANGUAGES.find((each) => each === data.language) ?? 'ru'
  const { customerRef, orderNumber, before, date } = data
  const isWhole =
    typeof customerRef === 'string' && typeof orderNumber === 'string' && typeof before === 'number'
  if (kind === undefined || reason === undefined || !isWhole)
    throw new Refused('the notice is none that customers are told')
  const said: Said = { kind, reason, orderNumber, before, ...(typeof date === 'number' && { date }) }
  return contentOf(said, language, linksFor(options, customerRef))
}
