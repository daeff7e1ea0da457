import { describe, expect, test } from '@jest/globals'
import { compare } from './compare.ts'

/** More of them: node hack/fuzz.ts */
const REQUESTS = 20_000

describe('hostile requests', () => {
  test('are read by the fast path as by Node’s HTTP server, or handed over', async () => {
    const seed = Date.now() % 1_000_000_000
    const { answered, handedOver, refused, differences } = await compare(REQUESTS, seed)
    expect({ seed, differences }).toEqual({ seed, differences: [] })
    // The run means something only when each way was taken often.
    expect(answered).toBeGreaterThan(REQUESTS / 20)
    expect(handedOver).toBeGreaterThan(REQUESTS / 20)
    expect(refused).toBeGreaterThan(REQUESTS / 50)
  }, 120_000)
})
