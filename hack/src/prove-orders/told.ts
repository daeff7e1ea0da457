/** Where operators, their lead and customers are told: a chat with bad manners, and a real SMTP server. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { startReceivers } from '../stack/receivers.ts'
import type { Receivers } from './services.ts'

export interface Told extends Receivers {
  /** Deliveries that the chat took, by Idempotency-Key. */
  readonly chats: ReadonlyMap<string, number>
  /** Mails that were taken, by Message-ID. */
  readonly mails: () => ReadonlyMap<string, number>
  /** Deliveries that the chat refused, and those that it took without an answer. */
  readonly manners: { refused: number; unanswered: number }
  stop(): Promise<void>
}

const REFUSED_SHARE = 0.1
const UNANSWERED_SHARE = 0.1

export async function startTold(seed: number): Promise<Told> {
  const receivers = await startReceivers()
  const chats = new Map<string, number>()
  const seen = new Set<string>()
  const manners = { refused: 0, unanswered: 0 }
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      const key = JSON.parse(String(request.headers['idempotency-key'])) as string
      const manner = seen.has(key) ? 'Takes' : mannerOf(seed, key)
      seen.add(key)
      if (manner === 'Refuses') {
        manners.refused += 1
        response.writeHead(503).end()
        return
      }
      chats.set(key, (chats.get(key) ?? 0) + 1)
      if (manner === 'Takes') response.writeHead(204).end()
      else {
        manners.unanswered += 1
        response.destroy()
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    chatUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    smarthost: receivers.smarthost,
    chats,
    mails: () => counted(receivers.mails.map(({ text }) => messageIdIn(text))),
    manners,
    stop: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
      await receivers.stop()
    }
  }
}

/** What is done at the first delivery of a message: a function of the seed and the message's key. */
export function mannerOf(seed: number, key: string): 'Takes' | 'Refuses' | 'TakesSilently' {
  const chance = createHash('sha256').update(`${seed} ${key}`).digest().readUInt32BE(0) / 2 ** 32
  if (chance < REFUSED_SHARE) return 'Refuses'
  return chance < REFUSED_SHARE + UNANSWERED_SHARE ? 'TakesSilently' : 'Takes'
}

/** Header fields may be folded (RFC 5322 §2.2.3). */
const messageIdIn = (text: string): string => /^message-id:\s*(<[^>]+>)/im.exec(text)?.[1] ?? 'without an id'

function counted(keys: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1)
  return counts
}
