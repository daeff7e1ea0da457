/** The relay of one outbox as a process. */
import { oneOf } from '../service/config.ts'
import { runService } from '../service/run.ts'
import { startRelay } from './relay.ts'

await runService(
  {
    name: 'orders-relay',
    file: 'orders/src/relay/main.ts',
    text: 'Publishes the events of one outbox to RabbitMQ. Any number may run side by side.',
    database: { variable: 'OUTBOX_DATABASE_URL', what: 'PostgreSQL that holds the outbox' },
    variables: '  OUTBOX_SOURCE                 whose outbox: mes or shop (default mes)\n'
  },
  (service, env) => {
    const source = oneOf('OUTBOX_SOURCE', env, ['mes', 'shop'])
    const { config, pool, log, tracing, registry } = service
    return () => {
      const { brokerUrl: url } = config
      const relay = startRelay({ source, pool, url, log, tracing, registry })
      service.onClose(() => relay.close())
      return Promise.resolve()
    }
  }
)
