import { METHODS } from 'node:http'
import { setImmediate as turn } from 'node:timers/promises'
import { Connection } from '../../src/fast/connection.ts'
import type { ConnectionHost } from '../../src/fast/connection.ts'
import { Hits } from '../../src/fast/hits.ts'
import { Plans } from '../../src/fast/plans.ts'
import { OwnEpochs } from '../../src/epochs/source.ts'
import type { Exchange } from '../../src/http/exchange.ts'
import { NodeServer } from '../../src/http/server.ts'
import { MemoryStore } from '../../src/store/memory.ts'
import { NO_TRACING } from '../../src/telemetry/tracing.ts'
import { DEFAULT_LIMITS } from '../../src/tier/options.ts'
import { fakeConnection } from './fake-socket.ts'
import { hostileConnection, packets, seeded } from './hostile-requests.ts'

/** What the engine was given of one request. */
interface Seen {
  readonly method: string
  readonly head: string
  body: string
  end: 'open' | 'complete' | 'failed'
}

const UNREACHABLE = 'http://127.0.0.1:1'

/** Answers every request with its number once its body is complete, and notes what it saw. */
const recording = (seen: Seen[]): ((exchange: Exchange) => Promise<void>) => {
  const answer = (exchange: Exchange, one: Seen): Promise<void> =>
    exchange.send(
      { status: 200, statusText: 'OK', headers: ['X-Number', String(seen.indexOf(one))] },
      Buffer.from('ok')
    )
  return (exchange) => {
    const { method, target, headers, hasBody } = exchange.request
    const one: Seen = {
      method,
      head: JSON.stringify([method, target, headers, hasBody === true]),
      body: '',
      end: 'open'
    }
    seen.push(one)
    const { body } = exchange
    if (!body) {
      one.end = 'complete'
      return answer(exchange, one)
    }
    return new Promise((resolve, reject) => {
      body.flow({
        write: (chunk) => {
          one.body += chunk.toString('latin1')
          return true
        },
        end: (trailers) => {
          one.end = 'complete'
          one.body += trailers.length === 0 ? '' : `|${JSON.stringify(trailers)}`
          answer(exchange, one).then(resolve, reject)
        },
        failed: (error) => {
          one.end = 'failed'
          reject(error)
        }
      })
    })
  }
}

const quiet = (): void => undefined

const nodeServer = (seen: () => Seen[]): NodeServer =>
  new NodeServer({
    originUrl: UNREACHABLE,
    limits: DEFAULT_LIMITS,
    handle: (exchange) => recording(seen())(exchange),
    onRelay: quiet,
    onBroken: quiet,
    closing: () => false,
    onIdle: quiet
  })

/** Lets everything that was pushed be read and answered: nothing here waits for I/O. */
const settled = async (): Promise<void> => {
  for (let i = 0; i < 6; i += 1) await turn()
}

interface Side {
  readonly seen: Seen[]
  readonly written: string
}

const throughNode = async (bytes: readonly Buffer[]): Promise<Side> => {
  const seen: Seen[] = []
  const server = nodeServer(() => seen)
  const { socket, push, written } = fakeConnection()
  server.server.emit('connection', socket)
  for (const packet of bytes) push(packet)
  await settled()
  socket.destroy()
  return { seen, written: written() }
}

interface FastSide extends Side {
  /** The connection was given away, and what was unread then; undefined as long as the fast path kept it. */
  readonly givenAway: 'HandedOver' | 'Relayed' | undefined
}

const throughFast = async (bytes: readonly Buffer[]): Promise<FastSide> => {
  const seen: Seen[] = []
  let givenAway: FastSide['givenAway']
  const { socket, push, written } = fakeConnection()
  const give = (how: FastSide['givenAway']): void => {
    givenAway = how
    socket.resume()
  }
  const host: ConnectionHost = {
    plans: new Plans(),
    hits: new Hits({ memory: new MemoryStore(0), epochs: new OwnEpochs({ hasPeers: false }) }),
    limits: DEFAULT_LIMITS,
    policy: () => undefined,
    now: () => 0,
    closing: () => false,
    tracing: NO_TRACING,
    hit: quiet,
    answer: recording(seen),
    pass: () => false,
    ended: quiet,
    handOver: () => give('HandedOver'),
    relay: () => give('Relayed'),
    closed: quiet
  }
  new Connection(socket, host)
  for (const packet of bytes) push(packet)
  await settled()
  socket.destroy()
  return { seen, written: written(), givenAway }
}

const KNOWN_METHODS = new Set(METHODS)

/** What differs between a request as both sides read it; undefined when nothing does. */
const requestDifference = (one: Seen, other: Seen | undefined): string | undefined => {
  if (!other) return `the fast path alone answered: ${one.head}`
  if (one.head !== other.head) return `heads differ:\n  fast ${one.head}\n  node ${other.head}`
  if (one.end !== 'complete') return undefined
  // Wrong bytes behind a request make Node's server give up the one before them too.
  const same = other.end === 'failed' ? one.body.startsWith(other.body) : one.body === other.body
  if (!same) return `bodies differ:\n  fast ${one.body}\n  node ${other.body}`
  return other.end === 'open' ? `the fast path alone read the body as complete: ${one.head}` : undefined
}

/** A difference between the two, as a sentence; undefined when there is none. */
const difference = (fast: FastSide, node: Side): string | undefined => {
  for (const [i, one] of fast.seen.entries()) {
    // Node's parser refuses them, the fast path passes them on as the standard says (RFC 9110 §9.1).
    if (!KNOWN_METHODS.has(one.method)) return undefined
    const what = requestDifference(one, node.seen[i])
    if (what !== undefined) return `request ${i + 1}: ${what}`
    if (one.end !== 'complete' || node.seen[i]?.end !== 'complete') return undefined
  }
  const next = node.seen[fast.seen.length]
  return next && fast.givenAway === undefined && !closes(fast)
    ? `Node's server read a request that the fast path did not: ${next.head}`
    : undefined
}

const closes = ({ written, seen }: FastSide): boolean =>
  written.includes('400 Bad Request') || seen.some(({ end }) => end !== 'complete')

export interface Comparison {
  readonly connections: number
  /** Requests that the fast path answered itself. */
  readonly answered: number
  readonly handedOver: number
  readonly refused: number
  readonly differences: readonly { readonly bytes: string; readonly what: string }[]
}

/** The two differ on at most this many connections before a run ends early. */
const ENOUGH = 10
const AT_ONCE = 64

/**
 * Sends hostile connections to the fast path and to Node's HTTP server, until at least `requests` heads were
 * sent: where the fast path answers, Node's server must have read the same request.
 */
export const compare = async (
  requests: number,
  seed: number,
  progress: (done: number) => void = quiet
): Promise<Comparison> => {
  const random = seeded(seed)
  const total = { connections: 0, answered: 0, handedOver: 0, refused: 0, sent: 0 }
  const differences: { bytes: string; what: string }[] = []
  const one = async (): Promise<void> => {
    const bytes = hostileConnection(random)
    const cut = packets(random, bytes)
    const [fast, node] = await Promise.all([throughFast(cut.map(copy)), throughNode(cut)])
    total.connections += 1
    total.sent += Math.max(1, bytes.split('HTTP/').length - 1)
    total.answered += fast.seen.length
    total.handedOver += Number(fast.givenAway === 'HandedOver')
    total.refused += Number(node.written.includes('400 Bad Request'))
    const what = difference(fast, node)
    if (what !== undefined) differences.push({ bytes: JSON.stringify(bytes), what })
  }
  while (total.sent < requests && differences.length < ENOUGH) {
    await Promise.all(Array.from({ length: AT_ONCE }, one))
    progress(total.sent)
  }
  return { ...total, differences }
}

/** Chunked bodies are unframed in place: each side gets bytes of its own. */
const copy = (packet: Buffer): Buffer => Buffer.from(packet)
