/** An operator's open page, as far as it hears: when each state of an order came by server-sent events. */
import type { OrderView } from '@alexandrite/orders/operators/view'

export interface Page {
  /** Order and state → milliseconds since 1970, the first time. */
  readonly seen: ReadonlyMap<string, number>
  stop(): Promise<void>
}

export async function openPage(url: string): Promise<Page> {
  const over = new AbortController()
  const response = await fetch(`${url}/api/feed`, { signal: over.signal })
  if (!response.ok || response.body === null) throw new Error(`the feed answered ${response.status}`)
  const seen = new Map<string, number>()
  const reading = read(response.body, seen).catch((error: unknown) => {
    if (!over.signal.aborted) throw error
  })
  return {
    seen,
    stop: async () => {
      over.abort()
      await reading
    }
  }
}

/** Events end with an empty line (HTML Living Standard §9.2.6); those of an order have its view as data. */
async function read(body: ReadableStream<Uint8Array>, seen: Map<string, number>): Promise<void> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of body) {
    const events = (rest + decoder.decode(chunk, { stream: true })).split('\n\n')
    rest = events.pop() ?? ''
    const now = Date.now()
    for (const event of events) {
      const data = /^event: order\ndata: (.*)$/m.exec(event)?.[1]
      if (data === undefined) continue
      const { id, status } = JSON.parse(data) as OrderView
      const key = `${id} ${status}`
      if (!seen.has(key)) seen.set(key, now)
    }
  }
}
