/** A bounded load that runs beside a test and remembers every request that failed. */
import { Agent, request } from 'undici'
import { setTimeout as sleep } from 'node:timers/promises'

export interface LoadOptions {
  readonly workers?: number
  /** Pause of a worker between two requests, in milliseconds. */
  readonly pauseMs?: number
}

export interface LoadResult {
  readonly requests: number
  /** A sentence for each request that did not end with a 2xx. */
  readonly failures: readonly string[]
  /** Requests whose Cache-Status says hit. */
  readonly hits: number
}

export interface Load {
  result(): LoadResult
  stop(): Promise<LoadResult>
}

/** The longest that a forgotten load can run. */
const LIMIT_MS = 10 * 60_000

export function startLoad(urlOf: (n: number) => string, options: LoadOptions = {}): Load {
  const { workers = 8, pauseMs = 10 } = options
  const ended = new AbortController()
  const limit = setTimeout(() => {
    ended.abort()
  }, LIMIT_MS)
  const failures: string[] = []
  let requests = 0
  let hits = 0

  async function once(agent: Agent, url: string): Promise<void> {
    const at = new Date().toISOString()
    requests += 1
    try {
      const answer = await request(url, { dispatcher: agent, headersTimeout: 15_000, bodyTimeout: 15_000 })
      const text = await answer.body.text()
      if (/;\s*hit\b/.test(String(answer.headers['cache-status'] ?? ''))) hits += 1
      if (answer.statusCode >= 300) failures.push(`${at} ${url}: ${answer.statusCode} ${text.slice(0, 200)}`)
    } catch (error) {
      failures.push(
        `${at} ${url}: ${error instanceof Error ? `${error.name} ${error.message}` : String(error)}`
      )
    }
  }

  async function work(worker: number): Promise<void> {
    // One keep-alive connection a worker, as a long-lived client has.
    const agent = new Agent({ connections: 1, pipelining: 1 })
    for (let n = 0; !ended.signal.aborted; n += 1) {
      await once(agent, urlOf(worker + n * workers))
      await sleep(pauseMs)
    }
    await agent.close()
  }

  const running = Array.from({ length: workers }, (_, worker) => work(worker))
  const result = () => ({ requests, failures: [...failures], hits })
  return {
    result,
    async stop() {
      ended.abort()
      clearTimeout(limit)
      await Promise.all(running)
      return result()
    }
  }
}

/**
 * Failures that are an answer, not a refused connection: pods that do not carry the tier yet are replaced without
 * its drain, and end as abruptly as their application does.
 */
export const answersAmong = (failures: readonly string[]): string[] =>
  failures.filter((failure) => /: \d{3} /.test(failure))
