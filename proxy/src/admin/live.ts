import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Milliseconds } from '@alexandrite/api'
import { viewOf } from '../telemetry/live-view.ts'
import type { TierStats } from '../tier/stats.ts'

/** Watchers at once: each costs a connection and a line a second. */
const MAX_WATCHERS = 32
const EVERY_MS: Milliseconds = 1000
/** Readings that rates are made over. */
const WINDOW = 10
/** What a watcher may leave unread before it is let go. */
const MAX_UNREAD = 256 * 1024

/** GET /live/events: server-sent events with a LiveView a second, of the last ten. Nothing runs while nobody watches. */
export class LiveEvents {
  readonly #stats: () => TierStats
  readonly #watchers = new Set<ServerResponse>()
  readonly #readings: TierStats[] = []
  #timer: NodeJS.Timeout | undefined

  constructor(stats: () => TierStats) {
    this.#stats = stats
  }

  get watchers(): number {
    return this.#watchers.size
  }

  /** Takes a watcher until it leaves. 503 when there are too many. */
  watch(message: IncomingMessage, response: ServerResponse): void {
    if (this.#watchers.size >= MAX_WATCHERS) {
      response.writeHead(503, { 'content-type': 'text/plain; charset=utf-8', 'retry-after': '10' })
      return void response.end(`${MAX_WATCHERS} watch already\n`)
    }
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    message.socket.setNoDelay(true)
    this.#watchers.add(response)
    response.once('close', () => this.#left(response))
    if (this.#watchers.size === 1) this.#begin()
    response.write(this.#event())
  }

  #begin(): void {
    this.#readings.length = 0
    this.#read()
    this.#timer = setInterval(() => this.#tell(), EVERY_MS).unref()
  }

  #left(response: ServerResponse): void {
    this.#watchers.delete(response)
    if (this.#watchers.size === 0) clearInterval(this.#timer)
  }

  #tell(): void {
    this.#read()
    const event = this.#event()
    for (const watcher of this.#watchers) {
      if (watcher.writableLength > MAX_UNREAD) watcher.destroy()
      else watcher.write(event)
    }
  }

  #read(): void {
    this.#readings.push(this.#stats())
    if (this.#readings.length > WINDOW + 1) this.#readings.shift()
  }

  #event(): string {
    const now = this.#readings.at(-1) ?? this.#stats()
    const before = this.#readings.length > 1 ? this.#readings[0] : undefined
    return `data: ${JSON.stringify(viewOf([{ now, before }]))}\n\n`
  }

  /** Lets all watchers go; their pages say so. */
  close(): void {
    clearInterval(this.#timer)
    for (const watcher of this.#watchers) watcher.end('event: end\ndata: {}\n\n')
  }
}
