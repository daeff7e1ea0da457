import { request as httpRequest } from 'node:http'
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http'
import type { RunningTier } from '../src/index.ts'

export interface Received {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly rawHeaders: readonly string[]
  readonly body: string
  /** The Cache-Status field. */
  readonly cache: string
}

export interface Sent {
  readonly method?: string
  readonly headers?: OutgoingHttpHeaders
  readonly body?: string
}

/** One request over a connection of its own; all tiers hear the same Host, as they do behind a Service. */
export const send = (tier: Pick<RunningTier, 'listen'>, target: string, sent: Sent = {}): Promise<Received> =>
  new Promise((resolve, reject) => {
    const { port } = tier.listen
    const options = {
      host: '127.0.0.1',
      port,
      path: target,
      method: sent.method ?? 'GET',
      agent: false as const
    }
    const request = httpRequest({ ...options, headers: { host: 'tier.test', ...sent.headers } }, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('error', reject)
      answer.on('end', () =>
        resolve({
          status: answer.statusCode ?? 0,
          headers: answer.headers,
          rawHeaders: answer.rawHeaders,
          body: Buffer.concat(chunks).toString(),
          cache: String(answer.headers['cache-status'] ?? '')
        })
      )
    })
    request.on('error', reject)
    request.end(sent.body)
  })
