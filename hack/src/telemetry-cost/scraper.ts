/** Reads metrics again and again, as Prometheus does. */
import { setTimeout as delay } from 'node:timers/promises'

const EVERY_MS = 1000
/** What Prometheus asks for first. */
const ACCEPT = 'application/openmetrics-text;version=1.0.0;q=0.9,text/plain;version=0.0.4;q=0.5'

/** Until the signal. `read` is told of each answer. Rejects when there is none. */
export async function scrape(url: string, signal: AbortSignal, read: () => void): Promise<void> {
  while (!signal.aborted) {
    const response = await fetch(url, { headers: { accept: ACCEPT } })
    await response.text()
    if (!response.ok) throw new Error(`${url} answers ${response.status}`)
    read()
    await delay(EVERY_MS, undefined, { signal }).catch(() => undefined)
  }
}
