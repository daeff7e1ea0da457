/** What customers of the company notice of orders/: messages about moved dates, and pieces that carriers tell of. */
import { orderPart } from './order-part.ts'
import type { OrderPlace } from './order-part.ts'
import { urlOf } from './plan.ts'
import type { Part } from './processes.ts'

export interface CustomersPlace extends OrderPlace {
  /** The database of the MES, whose history is read once. */
  readonly historyUrl: string
  /** The database of the orders services. */
  readonly ordersUrl: string
  /** HOST:PORT of a mail server. */
  readonly smarthost: string
}

export type CustomersPart = 'orders-customers' | 'orders-logistics'

/** Of a carrier that lives on one machine and for an hour. */
export const CARRIER = {
  name: 'north',
  secret: `whsec_${Buffer.from('the key of a carrier on this machine').toString('base64')}`
} as const

/** All customers of the seed have an address at example.org. */
const EXAMPLE_CONTACTS = 5000

/** Not yet started. */
export const customersParts = (place: CustomersPlace): Readonly<Record<CustomersPart, Part>> => ({
  'orders-customers': orderPart(place, 'orders-customers', {
    file: 'orders/src/customers/main.ts',
    env: {
      ORDERS_DATABASE_URL: place.ordersUrl,
      MES_HISTORY_URL: place.historyUrl,
      MES_URL: urlOf(place.plan, 'mes-api-tier'),
      SMTP_URL: `smtp://${place.smarthost}`,
      MAIL_FROM: 'orders@example.org',
      CUSTOMERS_PUBLIC_URL: urlOf(place.plan, 'orders-customers'),
      CUSTOMERS_LINK_KEY: Buffer.alloc(32, 'local').toString('base64'),
      CUSTOMERS_EXAMPLE_CONTACTS: String(EXAMPLE_CONTACTS)
    }
  }),
  'orders-logistics': logisticsPart(place)
})

/** Not yet started. */
export const logisticsPart = (place: OrderPlace & Pick<CustomersPlace, 'ordersUrl'>): Part =>
  orderPart(place, 'orders-logistics', {
    file: 'orders/src/logistics/main.ts',
    env: {
      ORDERS_DATABASE_URL: place.ordersUrl,
      CARRIER_KEYS: `${CARRIER.name}=${CARRIER.secret}`,
      CRM_URL: urlOf(place.plan, 'crm-api'),
      MES_URL: urlOf(place.plan, 'mes-api-tier')
    }
  })
