/** A consumer whose effects can be counted: a row for each event, with nothing that would refuse a second one. */
import { consume, migrate, runService } from '@alexandrite/orders'
import type { Consumer } from '@alexandrite/orders'
import { READER, READER_STEPS } from './reader.ts'

const consumer: Consumer = {
  name: READER,
  bindings: ['order.#'],
  handle: async ({ id, source, orderId, version, status }, transaction) => {
    await transaction.query(
      `INSERT INTO ${READER}.effect (event_id, source, order_id, version, status) VALUES ($1, $2, $3, $4, $5)`,
      [id, source, orderId, version, status]
    )
  }
}

await runService(
  { name: READER, file: 'hack/src/prove-orders/reader-main.ts', text: 'Counts the effects of events.' },
  (service) => async () => {
    await migrate(service.pool, READER, READER_STEPS)
    await consume(service, { consumer, schema: READER })
  }
)
