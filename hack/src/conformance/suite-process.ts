/**
 * One run of the suite, as a child process: its modules keep their results in global variables. Says where its
 * origin listens, is told where the caches are, and answers with the results.
 */
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { instanceOf } from './outcome.ts'
import { suiteFetch, suiteModule, suiteTests } from './suite.ts'
import type { RawResults, SuiteTest } from './suite.ts'

/** What the parent sends, once. */
export interface Assignment {
  /** Base URLs of instances of one cache; they take turns, see `instanceOf`. */
  readonly bases: readonly string[]
  /** Only these tests. */
  readonly ids: readonly string[] | undefined
  /** Print each exchange. */
  readonly exchanges: 'Silent' | 'Printed'
}

/** What the child sends, one after the other. */
export type Message =
  | { readonly kind: 'listening'; readonly originPort: number }
  | { readonly kind: 'done'; readonly results: RawResults }

type Handler = { default: (path: string[], request: IncomingMessage, response: ServerResponse) => void }
type Fetch = (url: string, init?: { headers?: readonly (readonly [string, string])[] }) => Promise<unknown>
interface Runner {
  runTests(
    groups: readonly { tests: readonly SuiteTest[] }[],
    fetch: Fetch,
    browserCache: boolean,
    base: string,
    chunkSize: number
  ): Promise<void>
  getResults(): RawResults
}

/** So many tests at a time: a busy machine must not make the cache give up on its store. */
const AT_ONCE = 40

const send = (message: Message): void => void process.send?.(message)

/** The suite's own handlers behind a server of 127.0.0.1: its server takes all interfaces and writes a file. */
async function startOrigin(): Promise<number> {
  const handlers: Record<string, Handler['default']> = {}
  for (const name of ['config', 'test', 'state']) {
    handlers[name] = (await suiteModule<Handler>(`server/handle-${name}.mjs`)).default
  }
  const server = createServer((request, response) => {
    const [, name = '', ...path] = new URL(request.url ?? '/', 'http://localhost').pathname.split('/')
    const handler = handlers[name]
    if (handler) handler(path, request, response)
    else response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

/** Sends each request of a test to the instance whose turn it is. */
const takingTurns = (fetch: Fetch, tests: readonly SuiteTest[], bases: readonly string[]): Fetch => {
  const byId = new Map(tests.map((test) => [test.id, test]))
  const first = bases[0] ?? ''
  return (url, init) => {
    const header = (name: string): string | undefined => init?.headers?.find(([key]) => key === name)?.[1]
    const test = byId.get(header('Test-ID') ?? '')
    const base = bases[instanceOf(test, Number(header('Req-Num') ?? 1), bases.length)] ?? first
    if (base === first) return fetch(url, init)
    // The same request but for its way: what is stored belongs to a host.
    const headers = [...(init?.headers ?? []), ['Host', new URL(first).host] as const]
    return fetch(url.replace(first, base), { ...init, headers })
  }
}

async function runSuite({ bases, ids, exchanges }: Assignment): Promise<RawResults> {
  const all = await suiteTests()
  const tests = ids === undefined ? all : all.filter(({ id }) => ids.includes(id))
  for (const test of tests) test.dump = exchanges === 'Printed'
  const runner = await suiteModule<Runner>('client/runner.mjs')
  const fetch = (await suiteFetch()) as Fetch
  await runner.runTests([{ tests }], takingTurns(fetch, tests, bases), false, bases[0] ?? '', AT_ONCE)
  return runner.getResults()
}

process.once('message', (assignment: Assignment) => {
  void runSuite(assignment).then((results) => send({ kind: 'done', results }))
})
// The parent is gone or has what it wanted.
process.once('disconnect', () => process.exit(0))
send({ kind: 'listening', originPort: await startOrigin() })
