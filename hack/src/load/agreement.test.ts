import { describe, expect, it } from '@jest/globals'
import { complaintsOf, sides } from './agreement.ts'

const users = (took: readonly number[]) => ({
  route: 'mes GET /api/orders',
  count: took.length,
  failed: 0,
  samples: { at: took.map(() => 0), took, ok: took.map(() => true) }
})
/** A server that counted so many requests, all between 100 and 250 ms. */
const server = (count: number) =>
  new Map([
    [0.1, 0],
    [0.25, count],
    [Infinity, count]
  ])
const waits = (count: number, ms: number) => Array.from({ length: count }, () => ms)

describe('both sides of a load', () => {
  it('agree when counts are within a hundredth and three, and the p95 lies around the server’s bucket', () => {
    expect(complaintsOf([sides(users(waits(1000, 180)), server(1013))])).toEqual([])
    expect(complaintsOf([sides(users(waits(1000, 400)), server(1000))])).toEqual([])
  })

  it('disagree when the server counted more or less than users sent', () => {
    const [complaint] = complaintsOf([sides(users(waits(1000, 180)), server(1014))])
    expect(complaint).toBe('mes GET /api/orders: users counted 1000 requests, the server 1014')
    expect(complaintsOf([sides(users(waits(1000, 180)), server(980))])).toHaveLength(1)
  })

  it.each([74, 413])('disagree when users’ p95 of %d ms cannot be what the server measured', (ms) => {
    const [complaint] = complaintsOf([sides(users(waits(100, ms)), server(100))])
    expect(complaint).toContain(`users' p95 is ${ms}.0 ms, the server's is from 100 to 250 ms`)
  })

  it('prove nothing without a route to compare', () => {
    expect(complaintsOf([])).toEqual(['no route could be compared with what the servers counted'])
  })
})
