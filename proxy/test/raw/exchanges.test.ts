import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { readMessages } from './messages.ts'
import type { Message } from './messages.ts'
import { EXCHANGES } from './exchanges.ts'
import type { Row } from './exchanges.ts'
import { startRawServer } from './raw-server.ts'
import type { RawServer } from './raw-server.ts'
import { exchange } from './raw-client.ts'
import type { Step } from './raw-client.ts'
import { start } from '../tier.ts'
import type { RunningTier } from '../../src/index.ts'
import { comparable, fixedUp } from './declared.ts'

let straight: RawServer
let behind: RawServer
let tiers: Record<'On' | 'Off', RunningTier>

beforeAll(async () => {
  straight = await startRawServer()
  behind = await startRawServer()
  const tier = (fastPath: 'On' | 'Off') => start({ origin: behind.url, fastPath })
  tiers = { On: await tier('On'), Off: await tier('Off') }
})

afterAll(async () => {
  await Promise.all([tiers.On.close(), tiers.Off.close()])
  await Promise.all([straight.close(), behind.close()])
})

const textOf = (steps: readonly Step[]): string => steps.filter((step) => typeof step === 'string').join('')

const REQUEST = /^([A-Z]+) \S+ HTTP\/1\.[01]\r\n/

/** The methods of a row's requests; the body of the last one may be missing. */
const methodsOf = (row: Row): string[] => {
  const { messages, rest } = readMessages(textOf(row.send).replace(/^(?:\r\n)+/, ''))
  return [...messages.map(({ start: line }) => `${line}\r\n`), rest]
    .map((text) => REQUEST.exec(text)?.[1])
    .filter((method) => method !== undefined)
}

const isFinal = ({ start: line }: Message): boolean => !/^HTTP\/1\.\d 1/.test(line)

/** Sends a row and returns what the client and the origin saw. */
const run = async (
  row: Row,
  server: RawServer,
  port: number
): Promise<{ client: string; origin: string }> => {
  server.expect(row.answer)
  const methods = methodsOf(row)
  const { text } = await exchange(
    port,
    row.send,
    (came) => readMessages(came, methods, false).messages.filter(isFinal).length === methods.length
  )
  return { client: text, origin: server.received.join('') }
}

describe.each(['On', 'Off'] as const)('fast path %s', (fastPath) => {
  test.each(EXCHANGES.map((row) => [row.name, row] as const))('%s', async (_name, row) => {
    const direct = await run(row, straight, straight.port)
    const { port } = tiers[fastPath].listen
    const through = await run(row, behind, port)
    const methods = methodsOf(row)
    expect(comparable(through.client, 'Answer', methods)).toEqual(
      comparable(fixedUp(direct.client, row.differs?.answer), 'Answer', methods)
    )
    expect(comparable(through.origin, 'Request')).toEqual(
      comparable(fixedUp(direct.origin, row.differs?.request), 'Request')
    )
  })
})

test('the table has a hundred rows', () => {
  expect(EXCHANGES.length).toBeGreaterThanOrEqual(100)
})
