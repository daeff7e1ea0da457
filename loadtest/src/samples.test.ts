import { describe, expect, it } from '@jest/globals'
import { byRoute, quantile, SampleReader, samplesCsv } from './samples.ts'

/** As k6 2.1 writes it with our system tags. */
const CSV = `metric_name,timestamp,metric_value,expected_response,name,scenario,extra_tags,metadata
http_reqs,1796053533123456,1.000000,true,mes GET /api/orders,operators,,
http_req_duration,1796053533123456,12.500000,true,mes GET /api/orders,operators,,
http_req_duration,1796053534123456,3000.250000,false,mes GET /api/orders,operators,,
http_req_duration,1796053535123456,1.000000,true,shop GET /api/catalogue,customers,,
cache_answers,1796053533123456,1.000000,,hit,operators,,
dropped_iterations,1796053533123456,2.000000,,,customers,,`

const read = (csv: string): SampleReader => {
  const reader = new SampleReader()
  for (const line of csv.split('\n')) reader.read(line)
  return reader
}

describe('samples', () => {
  it('are read from k6’s CSV: route, time, wait and whether the answer was expected', () => {
    const { samples, cache, dropped } = read(CSV)
    expect(samples[1]).toEqual({
      route: 'mes GET /api/orders',
      at: 1796053534123.456,
      took: 3000.25,
      ok: false
    })
    expect({ cache, dropped }).toEqual({ cache: { hit: 1, collapsed: 0, miss: 0, none: 0 }, dropped: 2 })
  })

  it('are grouped by route', () => {
    const routes = byRoute(read(CSV).samples)
    expect([...routes.keys()]).toEqual(['mes GET /api/orders', 'shop GET /api/catalogue'])
    expect(routes.get('mes GET /api/orders')).toMatchObject({ count: 2, failed: 1 })
  })

  it('are kept in a small file', () => {
    expect(samplesCsv(read(CSV).samples).split('\n')[2]).toBe(
      'mes GET /api/orders,1796053534123.456,3000.250,0'
    )
  })

  it('of a route that nobody named are an error', () => {
    expect(() => read(CSV.replaceAll('GET /api/orders', 'GET /api/other'))).toThrow(
      'that routes.ts does not name'
    )
  })
})

describe('a quantile', () => {
  it.each([
    [[5, 1, 4, 2, 3], 0.5, 3],
    [[5, 1, 4, 2, 3], 0.95, 5],
    [[7], 0.01, 7],
    [[], 0.5, Number.NaN]
  ])('of %j at %d is %d, by the nearest rank', (values, q, expected) => {
    expect(quantile(values, q)).toBe(expected)
  })
})
