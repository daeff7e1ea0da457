/** What the operators of the company have besides the MES: their page, and a relay that brings it the MES's events. */
import { installOutbox } from '@alexandrite/orders'
import pg from 'pg'
import { orderPart } from './order-part.ts'
import type { OrderPlace } from './order-part.ts'
import { urlOf } from './plan.ts'
import type { Part } from './processes.ts'

/** Where messages to operators and their lead go. */
export interface Told {
  /** A chat's incoming hook. */
  readonly chatUrl: string
  /** HOST:PORT of a mail server. */
  readonly smarthost: string
}

export interface OperatorsPlace extends OrderPlace {
  /** The MES's database as its owner. */
  readonly ownerUrl: string
  /** The database of the orders services. */
  readonly ordersUrl: string
  /** Orders of each state that were there before and are taken over. Default 50. */
  readonly adopt?: number
  /** Without it they are told by the page alone. */
  readonly told?: Told
}

/** An outbox in the MES's database. */
export async function prepareOperators(ownerUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: ownerUrl })
  await client.connect()
  try {
    await installOutbox(client, 'mes')
  } finally {
    await client.end()
  }
}

export type OperatorsPart = 'mes-relay' | 'orders-operators'

/** Not yet started. */
export const operatorsParts = (place: OperatorsPlace): Readonly<Record<OperatorsPart, Part>> => ({
  'mes-relay': orderPart(place, 'mes-relay', {
    file: 'orders/src/relay/main.ts',
    env: { OUTBOX_SOURCE: 'mes', OUTBOX_DATABASE_URL: place.ownerUrl }
  }),
  'orders-operators': orderPart(place, 'orders-operators', {
    file: 'orders/src/operators/main.ts',
    env: {
      ORDERS_DATABASE_URL: place.ordersUrl,
      RULES_FILE: 'orders/rules/operators.yaml',
      MES_URL: urlOf(place.plan, 'mes-api-tier'),
      ADOPT_ORDERS: String(place.adopt ?? 50),
      PAGE_URL: urlOf(place.plan, 'orders-operators'),
      ...toldBy(place.told)
    }
  })
})

const toldBy = (told: Told | undefined): Record<string, string> =>
  told === undefined
    ? {}
    : {
        TELL_CHAT_OPERATORS: told.chatUrl,
        TELL_CHAT_LEAD: told.chatUrl,
        TELL_EMAIL_LEAD: 'lead@example.org',
        SMTP_URL: `smtp://${told.smarthost}`,
        MAIL_FROM: 'orders@example.org'
      }
