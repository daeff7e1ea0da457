import { once } from 'node:events'
import { Agent, request as httpRequest } from 'node:http'
import type { IncomingMessage } from 'node:http'

export interface LoadReport {
  readonly requests: number
  /** What went wrong, one sentence each; empty on a good day. */
  readonly failures: readonly string[]
  readonly slowestMs: number
}

export interface Load {
  stop(): Promise<LoadReport>
}

export interface LoadOptions {
  readonly clients: number
  /** Where the next request goes: asked each time. */
  readonly port: () => number
  readonly target: (n: number) => string
  /** A sentence when an answer is not what it should be. */
  readonly check?: (target: string, answer: { status: number; body: string }) => string | undefined
}

const ask = async (port: number, target: string, agent: Agent): Promise<{ status: number; body: string }> => {
  const request = httpRequest({
    host: '127.0.0.1',
    port,
    path: target,
    agent,
    headers: { host: 'tier.test' }
  })
  request.end()
  const [answer] = (await once(request, 'response')) as [IncomingMessage]
  let body = ''
  for await (const chunk of answer) body += String(chunk)
  return { status: answer.statusCode ?? 0, body }
}

const ok = (_target: string, { status }: { status: number }): string | undefined =>
  status === 200 ? undefined : `status ${status}`

/** Clients with kept-alive connections, each asking as fast as it is answered. */
export const startLoad = ({ clients, port, target, check = ok }: LoadOptions): Load => {
  let done = false
  let requests = 0
  let slowestMs = 0
  const failures: string[] = []
  const one = async (agent: Agent): Promise<void> => {
    requests += 1
    const path = target(requests)
    const started = performance.now()
    const failure = await ask(port(), path, agent).then(
      (answer) => check(path, answer),
      (error: unknown) => String(error)
    )
    slowestMs = Math.max(slowestMs, performance.now() - started)
    if (failure !== undefined) failures.push(`${path}: ${failure}`)
  }
  const client = async (): Promise<void> => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    while (!done) await one(agent)
    agent.destroy()
  }
  const running = Promise.all(Array.from({ length: clients }, client))
  return {
    stop: async () => {
      done = true
      await running
      return { requests, failures, slowestMs }
    }
  }
}
