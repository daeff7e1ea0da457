/** What the CRM of the company has besides the Shop's tables: a read model, and a relay that brings it the Shop's events. */
import { installOutbox } from '@alexandrite/orders'
import { makeRoles } from '@alexandrite/orders/crm/admin'
import pg from 'pg'
import { orderPart } from './order-part.ts'
import { urlOf } from './plan.ts'
import type { CompanyPlan } from './plan.ts'
import type { Part } from './processes.ts'

/** Of a company that lives on one machine and for an hour. */
export const CRM_TOKENS = { readModel: 'crm-local', admin: 'lead-local', shop: 'shop-local' } as const
const PASSWORDS = { legacy: 'legacy-local', reader: 'reader-local' } as const

export interface CrmAddresses {
  /** The Shop's database as its owner. */
  readonly ownerUrl: string
  /** As the CRM of old. */
  readonly legacyUrl: string
  /** As the read model reads it. */
  readonly readerUrl: string
  /** The database of the orders services. */
  readonly ordersUrl: string
  readonly brokerUrl: string
}

/** An outbox in the Shop's database, both roles, and a database for the copy. */
export async function prepareCrm(ownerUrl: string, brokerUrl: string): Promise<CrmAddresses> {
  const client = new pg.Client({ connectionString: ownerUrl })
  await client.connect()
  try {
    await installOutbox(client, 'shop')
    await client.query('CREATE DATABASE orders')
  } finally {
    await client.end()
  }
  await makeRoles(ownerUrl, PASSWORDS)
  const ordersUrl = new URL(ownerUrl)
  ordersUrl.pathname = '/orders'
  return {
    ownerUrl,
    legacyUrl: as(ownerUrl, 'crm_legacy', PASSWORDS.legacy),
    readerUrl: as(ownerUrl, 'crm_reader', PASSWORDS.reader),
    ordersUrl: ordersUrl.href,
    brokerUrl
  }
}

function as(ownerUrl: string, role: string, password: string): string {
  const url = new URL(ownerUrl)
  url.username = role
  url.password = password
  return url.href
}

export type CrmPart = 'orders-relay' | 'crm-read-model'

export interface CrmPlace {
  readonly plan: CompanyPlan
  readonly otlpEndpoint: string
  readonly addresses: CrmAddresses
}

/** Not yet started. */
export function crmParts({ plan, otlpEndpoint, addresses }: CrmPlace): Readonly<Record<CrmPart, Part>> {
  const place = { plan, otlpEndpoint, brokerUrl: addresses.brokerUrl }
  return {
    'orders-relay': orderPart(place, 'orders-relay', {
      file: 'orders/src/relay/main.ts',
      env: { OUTBOX_SOURCE: 'shop', OUTBOX_DATABASE_URL: addresses.ownerUrl }
    }),
    'crm-read-model': orderPart(place, 'crm-read-model', {
      file: 'orders/src/crm/main.ts',
      env: {
        ORDERS_DATABASE_URL: addresses.ordersUrl,
        SHOP_DATABASE_URL: addresses.readerUrl,
        CRM_READ_MODEL_TOKEN: CRM_TOKENS.readModel,
        CRM_ADMIN_TOKEN: CRM_TOKENS.admin
      }
    })
  }
}

/** What the CRM itself is told of them; it begins on the Shop's tables, as of old. */
export const crmEnvironment = (plan: CompanyPlan, { legacyUrl }: CrmAddresses): Record<string, string> => ({
  DATABASE_URL: legacyUrl,
  READ_MODEL_URL: urlOf(plan, 'crm-read-model'),
  READ_MODEL_TOKEN: CRM_TOKENS.readModel,
  SHOP_URL: urlOf(plan, 'shop-api-tier'),
  CRM_INSTANCE: 'crm-api-local'
})
