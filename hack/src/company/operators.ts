/** What the operators of the company have besides the MES: their page, and a relay that brings it the MES's events. */
import { join } from 'node:path'
import { PROXY_ENV } from '@alexandrite/api'
import { installOutbox } from '@alexandrite/orders'
import pg from 'pg'
import { urlOf } from './plan.ts'
import type { CompanyPlan } from './plan.ts'
import { nodeProgram, Part } from './processes.ts'

/** Where messages to operators and their lead go. */
export interface Told {
  /** A chat's incoming hook. */
  readonly chatUrl: string
  /** HOST:PORT of a mail server. */
  readonly smarthost: string
}

export interface OperatorsPlace {
  readonly plan: CompanyPlan
  readonly otlpEndpoint: string
  /** The MES's database as its owner. */
  readonly ownerUrl: string
  /** The database of the orders services. */
  readonly ordersUrl: string
  readonly brokerUrl: string
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
  'mes-relay': part(place, 'mes-relay', {
    file: 'orders/src/relay/main.ts',
    env: { OUTBOX_SOURCE: 'mes', OUTBOX_DATABASE_URL: place.ownerUrl }
  }),
  'orders-operators': part(place, 'orders-operators', {
    file: 'orders/src/operators/main.ts',
    env: {
      ORDERS_DATABASE_URL: place.ordersUrl,
      RULES_FILE: 'orders/rules/operators.yaml',
      MES_URL: urlOf(place.plan, 'mes-api-tier'),
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

const part = (
  { plan, otlpEndpoint, brokerUrl }: OperatorsPlace,
  name: OperatorsPart,
  program: { readonly file: string; readonly env: Record<string, string> }
): Part =>
  new Part(
    nodeProgram(program.file, {
      env: {
        HOST: '127.0.0.1',
        PORT: String(plan.ports[name]),
        ORDERS_AMQP_URL: brokerUrl,
        // The page's script loses its types when the service starts; Node says that this is new.
        NODE_OPTIONS: '--disable-warning=ExperimentalWarning',
        [PROXY_ENV.otlpEndpoint]: otlpEndpoint,
        ...program.env
      },
      logFile: join(plan.folder, `${name}.log`),
      readyUrl: `${urlOf(plan, name)}/readyz`
    })
  )
