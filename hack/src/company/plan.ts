/** Where each part of the example company will be: known before anything starts, so that the observers can start first. */
import { join } from 'node:path'
import { freePorts } from '../ports.ts'
import type { ServiceLog, StaticTarget } from '../stack/stack.ts'

export const SERVICES = ['mes-api', 'shop-api', 'crm-api'] as const
export type ServiceName = (typeof SERVICES)[number]

export const TIERS = ['mes-api', 'shop-api'] as const
export type TierName = (typeof TIERS)[number]

/** Namespace of a service, as in deploy/examples. */
export const namespaceOf = (name: ServiceName): string => name.replace('-api', '')

export interface CompanyPlan {
  readonly folder: string
  readonly ports: Readonly<
    Record<
      | ServiceName
      | `${TierName}-tier`
      | `${TierName}-admin`
      | 'redis'
      | 'redis-exporter'
      | 'postgres-exporter'
      | 'orders-relay'
      | 'crm-read-model'
      | 'mes-relay'
      | 'orders-operators'
      | 'orders-customers'
      | 'orders-logistics'
      | 'rabbitmq-metrics',
      number
    >
  >
}

const NAMES = [
  ...SERVICES,
  ...TIERS.map((name) => `${name}-tier` as const),
  ...TIERS.map((name) => `${name}-admin` as const),
  'redis',
  'redis-exporter',
  'postgres-exporter',
  'orders-relay',
  'crm-read-model',
  'mes-relay',
  'orders-operators',
  'orders-customers',
  'orders-logistics',
  'rabbitmq-metrics'
] as const

export async function planCompany(folder: string): Promise<CompanyPlan> {
  const ports = await freePorts(NAMES.length)
  return {
    folder,
    ports: Object.fromEntries(NAMES.map((name, index) => [name, ports[index] ?? 0])) as CompanyPlan['ports']
  }
}

/** Base URL of one of its ports. */
export const urlOf = ({ ports }: CompanyPlan, name: keyof CompanyPlan['ports']): string =>
  `http://127.0.0.1:${ports[name]}`

/** Services of orders/; the relay of the MES is a second `orders-relay`. */
export const ORDER_SERVICES = [
  'orders-relay',
  'crm-read-model',
  'orders-operators',
  'orders-customers',
  'orders-logistics'
] as const

/** Everything of the company with /metrics, labelled as a cluster would label it. */
export function targetsOf(plan: CompanyPlan): StaticTarget[] {
  const target = (service: string, port: keyof CompanyPlan['ports'], namespace: string): StaticTarget => ({
    job: service,
    service,
    address: `127.0.0.1:${plan.ports[port]}`,
    labels: { namespace, pod: port }
  })
  return [
    ...SERVICES.map((name) => target(name, name, namespaceOf(name))),
    ...TIERS.map((name) => target('alexandrite-proxy', `${name}-admin`, namespaceOf(name))),
    ...ORDER_SERVICES.map((name) => target(name, name, 'orders')),
    target('orders-relay', 'mes-relay', 'orders'),
    target('rabbitmq', 'rabbitmq-metrics', 'data'),
    target('redis', 'redis-exporter', 'data'),
    target('postgresql', 'postgres-exporter', 'data')
  ]
}

/** Log file of each process, by what its lines' service.name is. */
export const logsOf = ({ folder }: CompanyPlan): ServiceLog[] => [
  ...SERVICES.map((service) => ({ service, file: join(folder, `${service}.log`) })),
  { service: 'orders-relay', file: join(folder, 'mes-relay.log') },
  ...ORDER_SERVICES.map((service) => ({ service, file: join(folder, `${service}.log`) })),
  ...TIERS.map((tier) => ({ service: 'alexandrite-proxy', file: join(folder, `${tier}-tier.log`) }))
]
