/** What the customers' service is told by its environment. */
import {
  ConfigError,
  databaseUrl,
  httpUrl,
  integer,
  isGiven,
  optionalMailbox,
  secret,
  smtpUrl
} from '../service/config.ts'
import type { Environment } from '../service/config.ts'
import type { LinkOptions } from './channel.ts'

export interface CustomersConfig {
  readonly links: LinkOptions
  readonly mesUrl: string
  /** Where the past is read once; undefined: only what events tell is learnt. */
  readonly historyUrl: string | undefined
  readonly smtpUrl: string
  readonly mailFrom: string
  /** Made-up contacts for demonstrations. */
  readonly exampleContacts: number
}

export const CUSTOMERS_VARIABLES = `  MES_URL                       base URL of the MES API, best through its tier (required)
  MES_HISTORY_URL               database of the MES, read once at the first start; a role that may only read (default none)
  SMTP_URL                      smtp://user:password@host:port (required), also as SMTP_URL_FILE
  MAIL_FROM                     sender of mails (required)
  CUSTOMERS_PUBLIC_URL          under which customers reach the links in their messages (required)
  CUSTOMERS_LINK_KEY            32 bytes or more in Base64 that sign those links (required), also as …_FILE
  CUSTOMERS_EXAMPLE_CONTACTS    so many made-up contacts at example.org (default 0)
`

const KEY_BYTES = 32

/** Throws ConfigError. */
export function customersConfig(env: Environment): CustomersConfig {
  const key = Buffer.from(secret('CUSTOMERS_LINK_KEY', env), 'base64')
  if (key.length < KEY_BYTES)
    throw new ConfigError(
      `CUSTOMERS_LINK_KEY holds less than ${KEY_BYTES} bytes in Base64; make one with openssl rand -base64 32.`
    )
  const mailFrom = optionalMailbox('MAIL_FROM', env)
  if (mailFrom === undefined)
    throw new ConfigError('MAIL_FROM is missing; give an address such as orders@example.org.')
  return {
    links: { key, publicUrl: httpUrl('CUSTOMERS_PUBLIC_URL', env) },
    mesUrl: httpUrl('MES_URL', env),
    historyUrl: isGiven('MES_HISTORY_URL', env) ? databaseUrl('MES_HISTORY_URL', env) : undefined,
    smtpUrl: smtpUrl('SMTP_URL', env),
    mailFrom,
    exampleContacts: integer('CUSTOMERS_EXAMPLE_CONTACTS', env, { min: 0, max: 100_000, fallback: 0 })
  }
}
