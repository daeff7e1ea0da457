/** The processes that are killed: add a service here and it takes part in every bad day. */
import { join } from 'node:path'
import { nodeProgram, Part } from '../company/processes.ts'
import { freePorts } from '../run.ts'

export interface Addresses {
  readonly ordersDatabaseUrl: string
  readonly mesDatabaseUrl: string
  readonly brokerUrl: string
  readonly folder: string
}

interface Service {
  readonly name: string
  readonly main: string
  readonly env?: (addresses: Addresses) => Readonly<Record<string, string>>
}

const relay = (name: string): Service => ({
  name,
  main: 'orders/src/relay/main.ts',
  env: ({ mesDatabaseUrl }) => ({ OUTBOX_DATABASE_URL: mesDatabaseUrl, OUTBOX_SOURCE: 'mes' })
})

const SERVICES: readonly Service[] = [
  relay('relay-1'),
  relay('relay-2'),
  { name: 'reader-1', main: 'hack/src/prove-orders/reader-main.ts' },
  { name: 'reader-2', main: 'hack/src/prove-orders/reader-main.ts' }
]

/** A process by its name, not yet started. */
export async function servicesAt(addresses: Addresses): Promise<ReadonlyMap<string, Part>> {
  const ports = await freePorts(SERVICES.length)
  return new Map(
    SERVICES.map(({ name, main, env }, index) => {
      const port = ports[index] ?? 0
      const spec = nodeProgram(main, {
        env: {
          HOST: '127.0.0.1',
          PORT: String(port),
          ORDERS_DATABASE_URL: addresses.ordersDatabaseUrl,
          ORDERS_AMQP_URL: addresses.brokerUrl,
          ...env?.(addresses)
        },
        logFile: join(addresses.folder, `${name}.log`),
        // Readiness waits for a database that may just have been killed.
        readyUrl: `http://127.0.0.1:${port}/healthz`
      })
      return [name, new Part(spec)] as const
    })
  )
}
