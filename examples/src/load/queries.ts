import { request } from 'undici'

const COUNTER = /^db_queries_total(?:\{[^}]*\})? (\S+)$/gm

/** The sum of db_queries_total over APIs' /metrics. */
export async function countQueries(bases: readonly string[]): Promise<number> {
  const counts = await Promise.all(bases.map(queriesOf))
  return counts.reduce((sum, count) => sum + count, 0)
}

async function queriesOf(base: string): Promise<number> {
  const { statusCode, body } = await request(`${base}/metrics`)
  const text = await body.text()
  if (statusCode !== 200)
    throw new Error(`${base}/metrics answered ${statusCode}; name an address of the API itself.`)
  return [...text.matchAll(COUNTER)].reduce((sum, [, value]) => sum + Number(value), 0)
}
