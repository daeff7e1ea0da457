/** A service of orders/ as a part of the company. */
import { join } from 'node:path'
import { PROXY_ENV } from '@alexandrite/api'
import { urlOf } from './plan.ts'
import type { CompanyPlan } from './plan.ts'
import { nodeProgram, Part } from './processes.ts'

export interface OrderPlace {
  readonly plan: CompanyPlan
  /** Base URL of an OTLP/HTTP receiver of spans; empty: nothing is traced. */
  readonly otlpEndpoint: string
  readonly brokerUrl: string
}

export interface OrderProgram {
  readonly file: string
  readonly env: Readonly<Record<string, string>>
}

/** Not yet started. */
export const orderPart = (
  { plan, otlpEndpoint, brokerUrl }: OrderPlace,
  name: keyof CompanyPlan['ports'],
  { file, env }: OrderProgram
): Part =>
  new Part(
    nodeProgram(file, {
      env: {
        HOST: '127.0.0.1',
        PORT: String(plan.ports[name]),
        ORDERS_AMQP_URL: brokerUrl,
        // The page's script loses its types when the service starts; Node says that this is new.
        NODE_OPTIONS: '--disable-warning=ExperimentalWarning',
        [PROXY_ENV.otlpEndpoint]: otlpEndpoint,
        ...env
      },
      logFile: join(plan.folder, `${name}.log`),
      readyUrl: `${urlOf(plan, name)}/readyz`
    })
  )
