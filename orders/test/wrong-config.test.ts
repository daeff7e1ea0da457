/** Wrong variables of each service: a sentence that names the variable and the mend, and no secret; exit code 2. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { readModelConfig } from '../src/crm/config.ts'
import { customersConfig } from '../src/customers/config.ts'
import { logisticsConfig } from '../src/logistics/config.ts'
import { operatorsConfig } from '../src/operators/config.ts'
import { ConfigError, serviceConfig } from '../src/service/config.ts'
import type { Environment } from '../src/service/config.ts'

const SECRET = 'sesame'
const KEY = Buffer.alloc(32, 1).toString('base64')

const COMMON = { ORDERS_DATABASE_URL: 'postgres://127.0.0.1:9/orders', ORDERS_AMQP_URL: 'amqp://127.0.0.1:9' }

interface Program {
  readonly read: (env: Environment) => unknown
  /** Everything that it requires, right. */
  readonly right: Readonly<Record<string, string>>
  readonly wrong: readonly (readonly [variable: string, value: string, sentence: string])[]
}

const missing = (name: string, mend: string): readonly [string, string, string] => [
  name,
  '',
  `${name} is missing; give ${mend}.`
]
const missingSecret = (name: string) => missing(name, `it, or a file with it as ${name}_FILE`)
const missingUrl = (name: string) => missing(name, 'an address such as http://127.0.0.1:8080')
const noUrl = (name: string): readonly [string, string, string] => [
  name,
  `ftp://owner:${SECRET}@mes`,
  `${name} is "ftp://mes"; write an address such as http://127.0.0.1:4318.`
]
const noToken = (name: string): readonly [string, string, string] => [
  name,
  `open ${SECRET}`,
  `${name} is no token: 1 to 256 letters, digits and signs without a blank; make one with openssl rand -hex 24.`
]
const noDatabase = (name: string): readonly [string, string, string] => [
  name,
  `mysql://owner:${SECRET}@db/orders`,
  `${name} is no such address; write postgres://user@host:port/database.`
]
const NO_SMTP = [
  'SMTP_URL',
  `http://owner:${SECRET}@mail`,
  'SMTP_URL is no such address; write smtp://user:password@host:port.'
] as const
const NO_SENDER = [
  'MAIL_FROM',
  'nobody',
  'MAIL_FROM is no mail address; write orders@example.org or Orders <orders@example.org>.'
] as const

const PROGRAMS: Readonly<Record<string, Program>> = {
  crm: {
    read: readModelConfig,
    right: {
      SHOP_DATABASE_URL: 'postgres://crm_reader@127.0.0.1:9/shop',
      CRM_READ_MODEL_TOKEN: 'of-the-crm',
      CRM_ADMIN_TOKEN: 'of-the-lead'
    },
    wrong: [
      missingSecret('SHOP_DATABASE_URL'),
      noDatabase('SHOP_DATABASE_URL'),
      missingSecret('CRM_READ_MODEL_TOKEN'),
      noToken('CRM_READ_MODEL_TOKEN'),
      missingSecret('CRM_ADMIN_TOKEN'),
      noToken('CRM_ADMIN_TOKEN'),
      [
        'CRM_ADMIN_TOKEN',
        'of-the-crm',
        'CRM_ADMIN_TOKEN is CRM_READ_MODEL_TOKEN, so that the CRM could take steps; give another.'
      ],
      ['CRM_RECONCILE_SECONDS', '0', 'CRM_RECONCILE_SECONDS is "0"; give a whole number from 1 to 86400.'],
      ['CRM_RECONCILE_SECONDS', '5m', 'CRM_RECONCILE_SECONDS is "5m"; give a whole number from 1 to 86400.']
    ]
  },
  operators: {
    read: operatorsConfig,
    right: { RULES_FILE: 'rules.yaml', MES_URL: 'http://127.0.0.1:9', PAGE_URL: 'http://127.0.0.1:9' },
    wrong: [
      missing('RULES_FILE', 'the path of a rules file'),
      missingUrl('MES_URL'),
      noUrl('MES_URL'),
      missingUrl('PAGE_URL'),
      noUrl('PAGE_URL'),
      ['ADOPT_ORDERS', '100001', 'ADOPT_ORDERS is "100001"; give a whole number from 0 to 100000.'],
      [
        'TELL_CHAT_LEAD',
        `mailto:${SECRET}`,
        'TELL_CHAT_LEAD holds no address such as https://chat.example.org/hooks/1.'
      ],
      ['TELL_EMAIL_LEAD', SECRET, 'TELL_EMAIL_LEAD holds no address of mail such as lead@example.org.'],
      [
        'TELL_SMS_LEAD',
        SECRET,
        'TELL_SMS_LEAD names no channel and group; write TELL_CHAT_GROUP or TELL_EMAIL_GROUP.'
      ],
      [
        'TELL_EMAIL_LEAD_FILE',
        '/nowhere/lead',
        'TELL_EMAIL_LEAD_FILE names /nowhere/lead, which cannot be read ('
      ],
      NO_SMTP
    ]
  },
  customers: {
    read: customersConfig,
    right: {
      MES_URL: 'http://127.0.0.1:9',
      SMTP_URL: 'smtp://127.0.0.1:9',
      MAIL_FROM: 'orders@example.org',
      CUSTOMERS_PUBLIC_URL: 'https://orders.example.org',
      CUSTOMERS_LINK_KEY: KEY
    },
    wrong: [
      missingUrl('MES_URL'),
      noUrl('MES_URL'),
      noDatabase('MES_HISTORY_URL'),
      missingSecret('SMTP_URL'),
      NO_SMTP,
      missing('MAIL_FROM', 'an address such as orders@example.org'),
      NO_SENDER,
      missingUrl('CUSTOMERS_PUBLIC_URL'),
      noUrl('CUSTOMERS_PUBLIC_URL'),
      missingSecret('CUSTOMERS_LINK_KEY'),
      [
        'CUSTOMERS_LINK_KEY',
        SECRET,
        'CUSTOMERS_LINK_KEY holds less than 32 bytes in Base64; make one with openssl rand -base64 32.'
      ],
      [
        'CUSTOMERS_EXAMPLE_CONTACTS',
        'many',
        'CUSTOMERS_EXAMPLE_CONTACTS is "many"; give a whole number from 0 to 100000.'
      ]
    ]
  },
  logistics: {
    read: logisticsConfig,
    right: {
      CARRIER_KEYS: `north=whsec_${KEY}`,
      CRM_URL: 'http://127.0.0.1:9',
      MES_URL: 'http://127.0.0.1:9'
    },
    wrong: [
      missingSecret('CARRIER_KEYS'),
      ['CARRIER_KEYS', ' , ', 'CARRIER_KEYS holds no pair; write CARRIER=whsec_….'],
      [
        'CARRIER_KEYS',
        `north=whsec_${KEY},${SECRET}`,
        'CARRIER_KEYS: pair 2 is no CARRIER=whsec_…; name the carrier in lower case, digits and dashes'
      ],
      [
        'CARRIER_KEYS',
        `north=${SECRET}`,
        'CARRIER_KEYS: the key of north is no whsec_ with 24 to 64 bytes in Base64 behind it'
      ],
      missingUrl('CRM_URL'),
      noUrl('CRM_URL'),
      missingUrl('MES_URL'),
      noUrl('MES_URL')
    ]
  }
}

describe.each(Object.entries(PROGRAMS))('the configuration of %s', (_, { read, right, wrong }) => {
  it('is read when it is right', () => {
    expect(read(right)).toBeDefined()
  })

  it.each(wrong)('is refused with %s=%s', (variable, value, sentence) => {
    const wrongly = () => read({ ...right, [variable]: value })
    expect(wrongly).toThrow(ConfigError)
    expect(wrongly).toThrow(sentence)
    expect(sentence).not.toContain(SECRET)
  })
})

describe('what all services are told', () => {
  it.each([
    missingSecret('ORDERS_DATABASE_URL'),
    noDatabase('ORDERS_DATABASE_URL'),
    missingSecret('ORDERS_AMQP_URL'),
    [
      'ORDERS_AMQP_URL',
      `http://guest:${SECRET}@broker`,
      'ORDERS_AMQP_URL is no such address; write amqp://user:password@host:port/vhost.'
    ] as const,
    ['PORT', '65536', 'PORT is "65536"; give a whole number from 0 to 65535.'] as const,
    [
      'DATABASE_CONNECTIONS',
      '0',
      'DATABASE_CONNECTIONS is "0"; give a whole number from 1 to 1000.'
    ] as const,
    noUrl('OTEL_EXPORTER_OTLP_ENDPOINT'),
    [
      'LOG_LEVEL',
      'loud',
      'LOG_LEVEL is "loud"; give one of info, trace, debug, warn, error, fatal, silent.'
    ] as const
  ])('is refused with %s=%s', (variable, value, sentence) => {
    const wrongly = () => serviceConfig({ ...COMMON, [variable]: value })
    expect(wrongly).toThrow(ConfigError)
    expect(wrongly).toThrow(sentence)
  })
})

/** How a service ends that is run with such variables. */
async function ended(folder: string, env: Readonly<Record<string, string>>) {
  const main = join(import.meta.dirname, '../src', folder, 'main.ts')
  const child = spawn(process.execPath, [main], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      PATH: process.env.PATH,
      NODE_OPTIONS: '--disable-warning=ExperimentalWarning',
      HOST: '127.0.0.1',
      PORT: '0',
      ...env
    }
  })
  let errors = ''
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, errors }
}

describe('the process of a service', () => {
  it.each(Object.entries(PROGRAMS))(
    'of %s ends with 2 and the sentence alone',
    async (folder, { right, wrong }) => {
      const [variable, value, sentence] = wrong.at(-1) ?? ['', '', '']
      expect(await ended(folder, { ...COMMON, ...right, [variable]: value })).toEqual({
        code: 2,
        errors: `${sentence}\n`
      })
    },
    60_000
  )

  it('of the relay ends with 2 when its source is none', async () => {
    const env = { ...COMMON, OUTBOX_DATABASE_URL: 'postgres://127.0.0.1:9/shop', OUTBOX_SOURCE: 'crm' }
    expect(await ended('relay', env)).toEqual({
      code: 2,
      errors: 'OUTBOX_SOURCE is "crm"; give one of mes, shop.\n'
    })
  }, 60_000)
})
