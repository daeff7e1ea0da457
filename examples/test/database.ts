import { startPostgres } from '@alexandrite/hack/services'
import { SEED_DEFAULTS, seedDatabase } from '../src/data/seed.ts'

/** Enough for every state; made in about a second. */
export const FEW_ORDERS = 4000

export interface SeededDatabase {
  readonly url: string
  stop(): Promise<void>
}

/** A PostgreSQL of the test's own with a few thousand orders. */
export async function seededDatabase(orders = FEW_ORDERS): Promise<SeededDatabase> {
  const postgres = await startPostgres()
  try {
    await seedDatabase({ ...SEED_DEFAULTS, databaseUrl: postgres.url, orders, progress: () => undefined })
  } catch (error) {
    await postgres.stop()
    throw error
  }
  return { url: postgres.url, stop: () => postgres.stop() }
}

/** What the APIs are told in tests. */
export const quiet = (databaseUrl: string) => ({
  databaseUrl,
  databaseConnections: 10,
  otlpEndpoint: undefined,
  logLevel: 'silent'
})
