/**
 * The example company on this machine, observed: PostgreSQL with its orders, RabbitMQ, Redis, three APIs, the CRM's read
 * model and two cache tiers,
 * the same programs that its pods run, each with its log in a file.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { compile, parseCacheTiers, PROXY_ENV, withoutEvents } from '@alexandrite/api'
import { startInOrder } from '../in-order.ts'
import type { Keep } from '../in-order.ts'
import { startSeededPostgres } from '../demo/seeded-postgres.ts'
import { REPOSITORY } from '../paths.ts'
import { startRabbitmq } from '../rabbitmq.ts'
import { startRedis } from '../redis.ts'
import { resolveTools } from '../tools.ts'
import { CRM_TOKENS, crmEnvironment, crmParts, prepareCrm } from './crm.ts'
import type { CrmAddresses, CrmPart } from './crm.ts'
import { customersParts } from './customers.ts'
import type { CustomersPart } from './customers.ts'
import { operatorsParts, prepareOperators } from './operators.ts'
import type { OperatorsPart, Told } from './operators.ts'
import { namespaceOf, SERVICES, TIERS, urlOf } from './plan.ts'
import type { CompanyPlan, ServiceName, TierName } from './plan.ts'
import { nodeProgram, Part } from './processes.ts'

export interface CompanyOptions {
  readonly plan: CompanyPlan
  /** Base URL of an OTLP/HTTP receiver of spans. */
  readonly otlpEndpoint: string
  /** URL of a receiver of the old Jaeger protocol (Thrift over HTTP), for the legacy CRM. */
  readonly legacyJaegerEndpoint: string
  /** Lines of the tiers' access log. Default all. */
  readonly accessLog?: 'all' | 'errors'
  /** Where operators and their lead are told of orders. Default: on their page alone. */
  readonly told?: Told
  /** HOST:PORT of the mail server that customers are written to by. */
  readonly smarthost: string
  readonly say: (line: string) => void
  /** Ends the start between two steps. */
  readonly signal: AbortSignal
}

export interface Company {
  readonly databaseUrl: string
  readonly crm: CrmAddresses
  readonly redisUrl: string
  /** Each process by its name, to be broken and mended. */
  readonly parts: Readonly<
    Record<ServiceName | CrmPart | OperatorsPart | CustomersPart | `${TierName}-tier` | Exporter, Part>
  >
  stop(): Promise<void>
}

type Exporter = 'redis-exporter' | 'postgres-exporter'

const MAINS: Readonly<Record<ServiceName, string>> = {
  'mes-api': 'examples/src/mes/main.ts',
  'shop-api': 'examples/src/shop/main.ts',
  'crm-api': 'examples/src/crm/main.ts'
}

/** @throws what went wrong, after stopping what had been started */
export const startCompany = (options: CompanyOptions): Promise<Company> =>
  startInOrder((keep) => build(options, keep), options.signal)

async function build(options: CompanyOptions, keep: Keep): Promise<Omit<Company, 'stop'>> {
  const { plan, otlpEndpoint, say } = options
  say('starting PostgreSQL with the company’s orders, RabbitMQ and Redis')
  const postgres = await keep(startSeededPostgres(say))
  const redis = await keep(startRedis({ port: plan.ports.redis, maxMemory: '128mb' }))
  const rabbitmq = await keep(startRabbitmq({ metricsPort: plan.ports['rabbitmq-metrics'] }))
  const crm = await prepareCrm(postgres.url, rabbitmq.url)
  await prepareOperators(postgres.url)
  say('starting the MES, Shop and CRM APIs, two cache tiers, and the services of orders')
  const addresses = {
    ...{ databaseUrl: postgres.url, redisUrl: redis.url, crm },
    amqpUrlFile: brokerFile(plan, rabbitmq.url)
  }
  const place = { plan, otlpEndpoint, brokerUrl: rabbitmq.url, ordersUrl: crm.ordersUrl }
  const parts = {
    ...crmParts({ plan, otlpEndpoint, addresses: crm }),
    ...partsOf(options, addresses),
    ...(await exporters(options, addresses)),
    ...operatorsParts({
      ...{ ...place, ownerUrl: postgres.url },
      ...(options.told !== undefined && { told: options.told })
    }),
    ...customersParts({ ...place, historyUrl: postgres.url, smarthost: options.smarthost })
  }
  for (const part of Object.values(parts)) await keep(part.start())
  return { ...addresses, parts }
}

interface Addresses {
  readonly databaseUrl: string
  readonly redisUrl: string
  /** Without it the CRM works on the Shop's tables for ever. */
  readonly crm?: CrmAddresses
  /** File with the URL of the broker. Without it the tiers hear no events. */
  readonly amqpUrlFile?: string
}

/** As a Secret would be mounted: an argument or a variable would show the password. */
function brokerFile({ folder }: CompanyPlan, url: string): string {
  const file = join(folder, 'amqp-url')
  writeFileSync(file, url, { mode: 0o600 })
  return file
}

/** What Redis and PostgreSQL do not say in Prometheus' words themselves. */
async function exporters({ plan }: CompanyOptions, to: Addresses): Promise<Record<Exporter, Part>> {
  const tools = await resolveTools(['redis-exporter', 'postgres-exporter'])
  const part = (name: Exporter, args: readonly string[], env: Readonly<Record<string, string>>): Part =>
    new Part({
      command: tools[name],
      args: [...args, `--web.listen-address=127.0.0.1:${plan.ports[name]}`],
      env,
      logFile: join(plan.folder, `${name}.log`),
      readyUrl: `${urlOf(plan, name)}/metrics`
    })
  return {
    'redis-exporter': part('redis-exporter', [`--redis.addr=${to.redisUrl}`], {}),
    // The exporter's own variable: an argument would show the password to everyone on the machine.
    'postgres-exporter': part('postgres-exporter', [], {
      DATA_SOURCE_NAME: `${to.databaseUrl}?sslmode=disable`
    })
  }
}

type PartsOptions = Omit<CompanyOptions, 'say' | 'signal' | 'smarthost'>

/** Its APIs and tiers, not yet started. Empty endpoints: nothing is traced. */
export function partsOf(
  options: PartsOptions,
  addresses: Addresses
): Omit<Company['parts'], Exporter | CrmPart | OperatorsPart | CustomersPart> {
  const apis = SERVICES.map((name) => [name, new Part(api(name, options, addresses))] as const)
  const tiers = TIERS.map((name) => [`${name}-tier`, new Part(tier(name, options, addresses))] as const)
  return Object.fromEntries([...apis, ...tiers]) as Company['parts']
}

/** They call each other through the tiers, as they would in a cluster. */
const api = (name: ServiceName, { plan, otlpEndpoint, legacyJaegerEndpoint }: PartsOptions, to: Addresses) =>
  nodeProgram(MAINS[name], {
    env: {
      DATABASE_URL: to.databaseUrl,
      HOST: '127.0.0.1',
      PORT: String(plan.ports[name]),
      MES_URL: urlOf(plan, 'mes-api-tier'),
      // The orders of the past are not of today: each would count as stuck.
      ORDER_LOOKBACK_DAYS: '1',
      [PROXY_ENV.otlpEndpoint]: otlpEndpoint,
      JAEGER_ENDPOINT: legacyJaegerEndpoint,
      SHOP_SERVICE_TOKEN: CRM_TOKENS.shop,
      ...(name === 'crm-api' && to.crm && crmEnvironment(plan, to.crm))
    },
    logFile: join(plan.folder, `${name}.log`),
    readyUrl: `${urlOf(plan, name)}/readyz`
  })

/** Where the tier's policy is read from, at its start and whenever it changes. */
export const policyFileOf = ({ folder }: CompanyPlan, name: TierName): string =>
  join(folder, `${name}.policy.json`)

function tier(name: TierName, { plan, otlpEndpoint, accessLog = 'all' }: PartsOptions, to: Addresses) {
  const policyFile = policyFileOf(plan, name)
  const file = join('examples/tiers', `${name}.yaml`)
  const [parsed] = parseCacheTiers(readFileSync(join(REPOSITORY, file), 'utf8'), file).tiers
  if (!parsed)
    throw new Error(`${file} holds no CacheTier that can be used; try: alexandrite validate ${file}`)
  const { amqpUrlFile } = to
  writeFileSync(
    policyFile,
    JSON.stringify(compile(amqpUrlFile === undefined ? withoutEvents(parsed) : parsed))
  )
  const admin = plan.ports[`${name}-admin`]
  return nodeProgram('proxy/src/main.ts', {
    env: {
      [PROXY_ENV.listen]: `127.0.0.1:${plan.ports[`${name}-tier`]}`,
      [PROXY_ENV.admin]: `127.0.0.1:${admin}`,
      [PROXY_ENV.origin]: urlOf(plan, name),
      [PROXY_ENV.policyFile]: policyFile,
      [PROXY_ENV.redisUrl]: to.redisUrl,
      [PROXY_ENV.tier]: `${namespaceOf(name)}/${name}`,
      [PROXY_ENV.podName]: `${name}-local`,
      ...(amqpUrlFile !== undefined && { [PROXY_ENV.amqpUrlFile]: amqpUrlFile }),
      [PROXY_ENV.accessLog]: accessLog,
      [PROXY_ENV.otlpEndpoint]: otlpEndpoint
    },
    logFile: join(plan.folder, `${name}-tier.log`),
    readyUrl: `http://127.0.0.1:${admin}/readyz`
  })
}
