import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import pg from 'pg'
import { startPostgres } from '@alexandrite/hack/services'
import { ORDER_STATES } from './states.ts'
import { OtherDataError, SEED_DEFAULTS, seedDatabase } from './seed.ts'

const TABLES = [
  'mes.operators',
  'mes.materials',
  'mes.orders',
  'mes.order_files',
  'mes.order_prices',
  'mes.order_status_history',
  'shop.customers',
  'shop.catalogue_items',
  'shop.materials',
  'shop.orders',
  'shop.order_files'
]

describe('the seed', () => {
  let postgres: Awaited<ReturnType<typeof startPostgres>>
  let client: pg.Client

  const fill = (changes: { orders?: number; seed?: number; existing?: 'keep' | 'replace' } = {}) =>
    seedDatabase({
      ...SEED_DEFAULTS,
      orders: 4000,
      databaseUrl: postgres.url,
      progress: () => undefined,
      ...changes
    })

  const rows = async <Row extends pg.QueryResultRow>(sql: string) => (await client.query<Row>(sql)).rows

  /** One value that changes when any row of any table does. */
  async function fingerprint(): Promise<string> {
    let all = ''
    for (const table of TABLES) {
      const sql = `SELECT md5(string_agg(t::text, ',' ORDER BY id)) AS hash FROM ${table} AS t`
      all += (await rows<{ hash: string }>(sql))[0]?.hash ?? 'empty'
    }
    return all
  }

  beforeAll(async () => {
    postgres = await startPostgres()
    client = new pg.Client({ connectionString: postgres.url })
    await client.connect()
    await fill()
  })
  afterAll(async () => {
    await client.end()
    await postgres.stop()
  })

  it('has orders in all ten states', async () => {
    const states = await rows<{ status: string }>(
      'SELECT DISTINCT status FROM (SELECT max(status) AS status FROM mes.order_status_history GROUP BY order_id) AS s ORDER BY status'
    )
    expect(states.map((row) => row.status)).toEqual(ORDER_STATES)
  })

  it('lets every order enter its states in the strict order, none skipped, each later than the one before', async () => {
    const wrong = await rows(`
      SELECT order_id FROM (
        SELECT order_id, status, changed_at,
          row_number() OVER (PARTITION BY order_id ORDER BY status) AS place,
          lag(changed_at) OVER (PARTITION BY order_id ORDER BY status) AS before
        FROM mes.order_status_history) AS h
      WHERE status <> (enum_range(NULL::mes.order_status))[place] OR changed_at <= before`)
    expect(wrong).toEqual([])
  })

  it('gives every order with a file its files, every priced one a price and every one in work an operator', async () => {
    const wrong = await rows(`
      SELECT h.order_id, h.status FROM mes.order_status_history AS h
      WHERE h.status = 'FILE_UPLOADED' AND NOT EXISTS (SELECT FROM mes.order_files AS f WHERE f.order_id = h.order_id)
        OR h.status = 'PRICE_CALCULATED' AND NOT EXISTS (SELECT FROM mes.order_prices AS p WHERE p.order_id = h.order_id)
        OR h.status = 'MANUFACTURING_STARTED' AND h.operator_id IS NULL`)
    expect(wrong).toEqual([])
  })

  it('has about six rows of history an order', async () => {
    const [row] = await rows<{ mean: number }>(
      'SELECT (count(*)::float8 / count(DISTINCT order_id)) AS mean FROM mes.order_status_history'
    )
    expect(row?.mean).toBeGreaterThan(5)
    expect(row?.mean).toBeLessThan(7)
  })

  it('leaves equal data alone', async () => {
    const before = await fingerprint()
    expect((await fill()).made).toBe(false)
    expect(await fingerprint()).toBe(before)
  })

  it('refuses to mix with data of other parameters, and says how to replace them', async () => {
    const attempt = fill({ seed: 2 })
    await expect(attempt).rejects.toBeInstanceOf(OtherDataError)
    await expect(attempt).rejects.toThrow('--replace')
  })

  it('makes the very same rows of the same seed, and others of another', async () => {
    const first = await fingerprint()
    await fill({ existing: 'replace', seed: 2 })
    expect(await fingerprint()).not.toBe(first)
    await fill({ existing: 'replace' })
    expect(await fingerprint()).toBe(first)
  })
})
