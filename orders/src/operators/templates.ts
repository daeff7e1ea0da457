/** What operators and their lead read: a sentence for one order, a list for many. */
import type { Content } from '../notices/channel.ts'
import type { ClaimedNotice } from '../notices/claims.ts'
import type { Level } from './rules.ts'
import { LEVELS } from './rules.ts'

/** More are counted, not listed. */
const LISTED = 20

export interface TemplateOptions {
  /** Base URL of the page. */
  readonly pageUrl: string
  /** IANA name: times are written in it. */
  readonly timeZone: () => string
}

interface Words {
  readonly one: (order: string, matter: string, at: string) => string
  readonly many: (count: number) => string
}

const WORDS: Readonly<Record<Level, Words>> = {
  new: {
    one: (order) => `New order ${order} waits for an operator`,
    many: (count) => `${count} new orders wait for an operator`
  },
  'due-soon': {
    one: (order, matter, at) => `Order ${order}: ${matter} is due at ${at}`,
    many: (count) => `${count} orders are due soon`
  },
  overdue: {
    one: (order, matter, at) => `Order ${order} is overdue: ${matter} was due at ${at}`,
    many: (count) => `${count} orders are overdue`
  },
  escalated: {
    one: (order, matter, at) =>
      `Order ${order} is overdue and nobody has acknowledged it: ${matter}, due at ${at}`,
    many: (count) => `${count} orders are overdue and nobody has acknowledged them`
  }
}

export const templates =
  ({ pageUrl, timeZone }: TemplateOptions) =>
  (notices: readonly ClaimedNotice[]): Content => {
    const [first] = notices
    const level = LEVELS.find((each) => each === first?.template) ?? 'new'
    const format = new Intl.DateTimeFormat('en-GB', {
      timeZone: timeZone(),
      dateStyle: 'medium',
      timeStyle: 'short'
    })
    const sentences = notices.map(({ data }) =>
      WORDS[level].one(
        String(data.number ?? data.orderId),
        data.matter === 'promise' ? 'the date promised to the customer' : String(data.matter),
        format.format(new Date(String(data.at)))
      )
    )
    if (sentences.length === 1) return { subject: sentences[0] ?? '', text: pageUrl }
    const rest = sentences.length - LISTED
    const lines = [...sentences.slice(0, LISTED), ...(rest > 0 ? [`and ${rest} more`] : []), pageUrl]
    return { subject: WORDS[level].many(sentences.length), text: lines.join('\n') }
  }
