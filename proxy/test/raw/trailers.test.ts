import { afterEach, describe, expect, test } from '@jest/globals'
import type { RunningTier } from '../../src/index.ts'
import { start } from '../tier.ts'
import { exchange } from './raw-client.ts'
import { startRawOrigin } from './raw-origin.ts'
import type { RawOrigin } from './raw-origin.ts'

let tier: RunningTier
let origin: RawOrigin

afterEach(async () => {
  await tier.close()
  await origin.close()
})

const ANSWER =
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 2\r\n\r\n'

describe.each(['On', 'Off'] as const)('fast path %s', (fastPath) => {
  const asked = async (line: string): Promise<{ head: string; text: string }> => {
    origin = await startRawOrigin(({ socket }) => socket.write(ANSWER))
    tier = await start({ origin: origin.url, fastPath })
    const { text } = await exchange(tier.listen.port, [line], (came) => /\r\n0\r\n[^]*\r\n\r\n$/.test(came))
    return { head: origin.heads[0] ?? '', text }
  }
  const get = (fields: string, version = '1.1'): string =>
    `GET /a HTTP/${version}\r\nHost: h\r\n${fields}\r\n`

  test.each([
    ['TE: trailers\r\nConnection: TE\r\n'],
    ['te: deflate;q=0.5, Trailers\r\nConnection: te, X-Hop\r\nX-Hop: 1\r\n']
  ])('an origin hears of a client that takes trailers, and they reach it: %j', async (fields) => {
    const { head, text } = await asked(get(fields))
    expect(head.match(/^(?:te|connection|x-hop):.*$/gim)).toEqual(['TE: trailers', 'Connection: TE'])
    expect(text).toContain('\r\n0\r\nX-Sum: 2\r\n\r\n')
  })

  test.each([[''], ['TE: gzip\r\nConnection: TE\r\n'], ['TE:\r\n']])(
    'and of no other: %j',
    async (fields) => {
      const { head } = await asked(get(fields))
      expect(head).not.toMatch(/^(?:te|connection):/im)
    }
  )
})
