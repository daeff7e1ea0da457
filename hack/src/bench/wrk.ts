/** The client of the load rows: one thread of wrk, which loads the server as fast as it answers. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pinned } from '../caches/server.ts'
import type { Cpu } from '../caches/server.ts'
import { run } from '../run.ts'
import { resolveTool } from '../tools.ts'

export type FractionalMs = number

export interface WrkResult {
  readonly requests: number
  readonly seconds: number
  readonly requestsPerSecond: number
  readonly p50: FractionalMs
  readonly p99: FractionalMs
  /** Connections that broke, time-outs, and answers other than 2xx and 3xx. */
  readonly errors: number
}

export interface WrkRun {
  readonly url: string
  readonly seconds: number
  readonly connections: number
  readonly headers?: readonly string[]
  /** Lua. @default one GET of the URL, again and again */
  readonly script?: string | undefined
  /** Processor it may run on. @default this process's */
  readonly cpu?: Cpu
  readonly signal: AbortSignal
}

const UNIT_MS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, m: 60_000 }

const field = (output: string, pattern: RegExp): string => {
  const found = pattern.exec(output)?.[1]
  if (found === undefined) throw new Error(`wrk said something else than expected:\n${output}`)
  return found
}

const duration = (text: string): FractionalMs =>
  parseFloat(text) * (UNIT_MS[text.replace(/[\d.]+/, '')] ?? NaN)

const sumOfNumbers = (text: string): number =>
  (text.match(/\d+/g) ?? []).map(Number).reduce((sum, value) => sum + value, 0)

/** Reads wrk's report. @throws when it is none */
export const parseWrk = (output: string): WrkResult => {
  const broken = /Socket errors: (.*)/.exec(output)?.[1] ?? ''
  const refused = /Non-2xx or 3xx responses: (\d+)/.exec(output)?.[1] ?? ''
  return {
    requests: Number(field(output, /(\d+) requests in/)),
    seconds: duration(field(output, /requests in ([\d.]+\w+)/)) / 1000,
    requestsPerSecond: Number(field(output, /Requests\/sec:\s*([\d.]+)/)),
    p50: duration(field(output, /^\s*50%\s+([\d.]+\w+)/m)),
    p99: duration(field(output, /^\s*99%\s+([\d.]+\w+)/m)),
    errors: sumOfNumbers(broken) + sumOfNumbers(refused)
  }
}

/** Loads a server. */
export async function runWrk({
  url,
  seconds,
  connections,
  headers = [],
  script,
  cpu,
  signal
}: WrkRun): Promise<WrkResult> {
  const wrk = await resolveTool('wrk')
  const folder = mkdtempSync(join(tmpdir(), 'alexandrite-wrk-'))
  try {
    const file = join(folder, 'load.lua')
    if (script !== undefined) writeFileSync(file, script)
    const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', '--timeout', '5s']
    const more = [
      ...headers.flatMap((header) => ['-H', header]),
      ...(script === undefined ? [] : ['-s', file])
    ]
    const { command, args: all } = pinned(cpu, { command: wrk, args: [...args, ...more, url] })
    return parseWrk(await run(command, all, { signal, timeoutMs: (seconds + 30) * 1000 }))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
