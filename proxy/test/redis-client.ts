import { setTimeout as sleep } from 'node:timers/promises'
import { RespClient } from '../src/store/resp/client.ts'

/** What tests ask a Redis for beside what the tier does. */
export interface TestRedis extends Pick<RespClient, 'command' | 'close'> {
  keys(pattern: string): Promise<string[]>
}

/** Connects, and gives up after 5 s. */
export const connectTo = async (url: string): Promise<TestRedis> => {
  const client = new RespClient({ url })
  client.connect()
  const deadline = Date.now() + 5000
  while (!client.isReady) {
    if (Date.now() > deadline) throw new Error(`Redis at ${url} did not answer within 5 s`)
    await sleep(2)
  }
  return {
    command: (args, deadlineMs) => client.command(args, deadlineMs),
    close: () => client.close(),
    keys: async (pattern) => {
      const found = await client.command(['KEYS', pattern])
      return Array.isArray(found) ? found.map(String) : []
    }
  }
}
