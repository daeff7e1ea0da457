import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { RunningTier } from '../../src/index.ts'
import { start } from '../tier.ts'
import { readMessages } from './messages.ts'
import type { Message } from './messages.ts'
import { exchange } from './raw-client.ts'
import { startRawServer } from './raw-server.ts'
import type { RawServer } from './raw-server.ts'
import { HOSTILE } from './smuggling.ts'

let origin: RawServer
let tiers: Record<'On' | 'Off', RunningTier>

/** Says what was asked, for a minute: what was stored wrongly would be seen. */
const echo = ({ start: line, fields }: Message): string[] => {
  const host = fields.find(([name]) => name.toLowerCase() === 'host')?.[1] ?? ''
  const body = `${line.split(' ').slice(0, 2).join(' ')} of ${host}`
  return [`HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: ${body.length}\r\n\r\n${body}`]
}

beforeAll(async () => {
  origin = await startRawServer()
  const tier = (fastPath: 'On' | 'Off') => start({ origin: origin.url, fastPath })
  tiers = { On: await tier('On'), Off: await tier('Off') }
})

afterAll(async () => {
  await Promise.all([tiers.On.close(), tiers.Off.close()])
  await origin.close()
})

const ask = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: h\r\n\r\n`
const bodyOf = (text: string): string => text.slice(text.indexOf('\r\n\r\n') + 4)

let number = 0

describe.each(['On', 'Off'] as const)('fast path %s', (fastPath) => {
  const asked = async (target: string): Promise<string> => {
    const { text } = await exchange(
      tiers[fastPath].listen.port,
      [ask(target)],
      (came) => readMessages(came, ['GET'], false).messages.length > 0
    )
    return bodyOf(text)
  }

  test.each(HOSTILE.map((hostile) => [hostile.name, hostile] as const))(
    '%s',
    async (_name, { bytes, outcome }) => {
      origin.expect(echo)
      number += 1
      const after = `/after/${fastPath}/${number}`
      const target = `/a/${fastPath}/${number}`
      const { text, closed } = await exchange(
        tiers[fastPath].listen.port,
        [bytes.replace('/a', target) + ask(after)],
        (came) => came.endsWith(`GET ${after} of h`)
      )
      const seen = origin.received.flatMap((connection) => readMessages(connection).messages)
      const targets = seen.map(({ start: line }) => line.split(' ')[1])
      expect(targets).not.toContain('/evil')
      if (outcome === 'Refused') {
        expect(text).toMatch(/^HTTP\/1\.1 (?:400|417|501|505) [^]*Connection: close\r\n/i)
        expect(readMessages(text, ['GET', 'GET']).messages).toHaveLength(1)
        expect(closed).toBe(true)
        // Of a body that turned out to be wrong its beginning may be on its way; a whole request is not.
        expect(targets).toEqual([])
      } else {
        expect(targets).toEqual([target, after])
        expect(seen[0]?.body).toBe(outcome.body)
        expect(seen[0]?.fields.filter(([name]) => name.toLowerCase() === 'host')).toEqual([['Host', 'h']])
        expect(text.endsWith(`GET ${after} of h`)).toBe(true)
      }
      // Nothing of it is stored under another name, and the connections behind are not out of step.
      for (const other of [target, '/evil', after]) expect(await asked(other)).toBe(`GET ${other} of h`)
    }
  )

  test('absolute form names the host: it is asked for and stored under that name', async () => {
    origin.expect(echo)
    const both = `GET http://other/abs/${fastPath} HTTP/1.1\r\nHost: h\r\n\r\n`
    const { text } = await exchange(tiers[fastPath].listen.port, [both], (came) => came.endsWith('of other'))
    expect(text).toMatch(new RegExp(`GET /abs/${fastPath} of other$`))
    expect(await asked(`/abs/${fastPath}`)).toBe(`GET /abs/${fastPath} of h`)
  })
})
