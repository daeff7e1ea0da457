/** The processes of a bad day: add a service here and it is killed like all others. */
import { join } from 'node:path'
import { nodeProgram, Part } from '../company/processes.ts'
import { freePorts } from '../run.ts'

export interface Service {
  readonly name: string
  /** From the root of the repository. */
  readonly main: string
  readonly env: Readonly<Record<string, string>>
}

/** What every service is told. */
export interface Place {
  readonly brokerUrl: string
  /** Where logs go. */
  readonly folder: string
}

export interface RunningService {
  readonly part: Part
  /** Base URL. */
  readonly url: string
}

export const relay = (name: string, source: 'mes' | 'shop', databaseUrl: string): Service => ({
  name,
  main: 'orders/src/relay/main.ts',
  env: { OUTBOX_DATABASE_URL: databaseUrl, OUTBOX_SOURCE: source }
})

export const reader = (name: string, ordersDatabaseUrl: string): Service => ({
  name,
  main: 'hack/src/prove-orders/reader-main.ts',
  env: { ORDERS_DATABASE_URL: ordersDatabaseUrl }
})

/** Where messages go: a chat's incoming hook, and HOST:PORT of a mail server. */
export interface Receivers {
  readonly chatUrl: string
  readonly smarthost: string
}

export const MAIL_FROM = 'orders@example.org'

/** Notifier, timers and page in one. */
export const operators = (
  name: string,
  at: {
    readonly ordersDatabaseUrl: string
    readonly mesUrl: string
    readonly rulesFile: string
    readonly told: Receivers
  }
): Service => ({
  name,
  main: 'orders/src/operators/main.ts',
  env: {
    ORDERS_DATABASE_URL: at.ordersDatabaseUrl,
    RULES_FILE: at.rulesFile,
    MES_URL: at.mesUrl,
    PAGE_URL: 'http://operators.example.org',
    TELL_CHAT_OPERATORS: `${at.told.chatUrl}/operators`,
    TELL_CHAT_LEAD: `${at.told.chatUrl}/lead`,
    TELL_EMAIL_LEAD: 'lead@example.org',
    SMTP_URL: `smtp://${at.told.smarthost}`,
    MAIL_FROM,
    // The page's script loses its types when the service starts; Node says that this is new.
    NODE_OPTIONS: '--disable-warning=ExperimentalWarning'
  }
})

export const customers = (
  name: string,
  at: {
    readonly databaseUrl: string
    readonly historyUrl: string
    readonly mesUrl: string
    readonly contacts: number
    readonly told: Receivers
  }
): Service => ({
  name,
  main: 'orders/src/customers/main.ts',
  env: {
    ORDERS_DATABASE_URL: at.databaseUrl,
    MES_HISTORY_URL: at.historyUrl,
    MES_URL: at.mesUrl,
    SMTP_URL: `smtp://${at.told.smarthost}`,
    MAIL_FROM,
    CUSTOMERS_PUBLIC_URL: 'https://orders.example.org',
    CUSTOMERS_LINK_KEY: Buffer.alloc(32, 7).toString('base64'),
    CUSTOMERS_EXAMPLE_CONTACTS: String(at.contacts)
  }
})

export const logistics = (
  name: string,
  at: {
    readonly ordersDatabaseUrl: string
    readonly mesUrl: string
    readonly crmUrl: string
    /** CARRIER=whsec_… */
    readonly carrierKeys: string
  }
): Service => ({
  name,
  main: 'orders/src/logistics/main.ts',
  env: {
    ORDERS_DATABASE_URL: at.ordersDatabaseUrl,
    MES_URL: at.mesUrl,
    CRM_URL: at.crmUrl,
    CARRIER_KEYS: at.carrierKeys
  }
})

export const crmReadModel = (
  name: string,
  at: { readonly ordersDatabaseUrl: string; readonly shopUrl: string }
): Service => ({
  name,
  main: 'orders/src/crm/main.ts',
  env: {
    ORDERS_DATABASE_URL: at.ordersDatabaseUrl,
    SHOP_DATABASE_URL: at.shopUrl,
    CRM_READ_MODEL_TOKEN: 'crm-local',
    CRM_ADMIN_TOKEN: 'lead-local',
    // A pass would mend what an event had lost; the proof is to see it.
    CRM_RECONCILE_SECONDS: '86400'
  }
})

/** The company's own API, which nobody kills here. */
export const api = (
  name: 'mes' | 'crm',
  databaseUrl: string,
  env: Readonly<Record<string, string>> = {}
): Service => ({
  name: `${name}-api`,
  main: `examples/src/${name}/main.ts`,
  env: { DATABASE_URL: databaseUrl, ...env }
})

/** Processes by their names, not yet started. */
export async function servicesAt(
  { brokerUrl, folder }: Place,
  services: readonly Service[]
): Promise<ReadonlyMap<string, RunningService>> {
  const ports = await freePorts(services.length)
  return new Map(
    services.map(({ name, main, env }, index) => {
      const url = `http://127.0.0.1:${ports[index] ?? 0}`
      const spec = nodeProgram(main, {
        env: { HOST: '127.0.0.1', PORT: String(ports[index] ?? 0), ORDERS_AMQP_URL: brokerUrl, ...env },
        logFile: join(folder, `${name}.log`),
        // Readiness waits for a database that may just have been killed.
        readyUrl: `${url}/healthz`
      })
      return [name, { part: new Part(spec), url }] as const
    })
  )
}
