import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { runCli } from '../src/run.ts'

const PROGRAM = resolve(import.meta.dirname, '../bin/alexandrite.mjs')
/** What decides about colours here: Jest sets FORCE_COLOR for its own sake, and Node sees none in CI. */
const COLOURLESS = {
  CI: undefined,
  FORCE_COLOR: undefined,
  NO_COLOR: undefined,
  ALEXANDRITE_ADMIN_TOKEN: undefined
}
const PATIENCE_MS = 15_000

export interface Finished {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly nodeArgs?: readonly string[]
}

function spawnCli(args: readonly string[], { env, nodeArgs = [] }: RunOptions = {}): ChildProcess {
  return spawn(process.execPath, [...nodeArgs, PROGRAM, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...COLOURLESS, ...env }
  })
}

async function textOf(stream: NodeJS.ReadableStream | null): Promise<string> {
  const chunks: string[] = []
  for await (const chunk of stream ?? []) chunks.push(String(chunk))
  return chunks.join('')
}

/** Runs the real command line to its end. */
export async function run(args: readonly string[], options?: RunOptions): Promise<Finished> {
  const child = spawnCli(args, options)
  const exited = once(child, 'exit') as Promise<[number | null]>
  const [stdout, stderr, [status]] = await Promise.all([textOf(child.stdout), textOf(child.stderr), exited])
  return { status, stdout, stderr }
}

/** The same without a process of its own, for what needs none. */
export async function runHere(args: readonly string[]): Promise<Finished> {
  const out: string[] = []
  const err: string[] = []
  const output = {
    out: (line: string) => void out.push(line),
    err: (line: string) => void err.push(line),
    paint: (_: unknown, text: string) => text
  }
  const status = await runCli(args, output)
  return { status, stdout: out.join('\n'), stderr: err.join('\n') }
}

/** What the command prints on a terminal (a pseudo-terminal of script(1)). */
export async function runOnTerminal(
  args: readonly string[],
  env: Readonly<Record<string, string>>
): Promise<string> {
  const command = [process.execPath, PROGRAM, ...args].map((word) => `'${word}'`).join(' ')
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...COLOURLESS, TERM: 'xterm-256color', ...env }
  })
  return textOf(child.stdout)
}

/** An event that a running command printed with --json. */
export interface PrintedEvent {
  readonly event: string
  readonly tier?: string
  readonly url?: string
  readonly admin?: string
  readonly policy?: string
  readonly message?: string
  readonly file?: string
}

/** A command that stays: its events as they come. */
export class RunningCli {
  readonly events: PrintedEvent[] = []
  readonly child: ChildProcess
  private readonly stderr: Promise<string>
  private readonly exited: Promise<[number | null]>

  constructor(args: readonly string[], options?: RunOptions) {
    this.child = spawnCli([...args, '--json'], options)
    this.exited = once(this.child, 'exit') as Promise<[number | null]>
    this.stderr = textOf(this.child.stderr)
    const { stdout } = this.child
    if (stdout === null) throw new Error('no standard output')
    createInterface({ input: stdout }).on('line', (line) => {
      this.events.push(JSON.parse(line) as PrintedEvent)
    })
  }

  /** The first event at or after `from` that fits; fails with all events and the complaints when none comes. */
  async until(fits: (event: PrintedEvent) => boolean, from = 0): Promise<PrintedEvent> {
    const deadline = Date.now() + PATIENCE_MS
    for (;;) {
      const found = this.events.slice(from).find(fits)
      if (found !== undefined) return found
      if (Date.now() > deadline || this.child.exitCode !== null) {
        this.child.kill('SIGKILL')
        throw new Error(`no such event in ${JSON.stringify(this.events)}; stderr: ${await this.stderr}`)
      }
      await sleep(20)
    }
  }

  /** Sends a signal and waits for the end. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<{ status: number | null; stderr: string }> {
    this.child.kill(signal)
    const [status] = await this.exited
    return { status, stderr: await this.stderr }
  }
}

/** An application that counts; its answers say the path and the count. */
export class Origin {
  readonly requests: string[] = []
  private readonly server = createServer((request, response) => {
    this.answer(request, response)
  })

  /** Answers to paths that start with /slow wait for this. */
  slow: Promise<unknown> = Promise.resolve()

  async start(): Promise<string> {
    this.server.listen(0, '127.0.0.1')
    await once(this.server, 'listening')
    const address = this.server.address()
    if (address === null || typeof address === 'string') throw new Error('no address')
    return `http://127.0.0.1:${address.port}`
  }

  /** How many requests for a path came through. */
  count(path: string): number {
    return this.requests.filter((seen) => seen === path).length
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections()
    this.server.close()
    await once(this.server, 'close')
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url ?? '/'
    this.requests.push(path)
    const headers = path.startsWith('/fresh') ? { 'cache-control': 'max-age=60' } : {}
    const send = () => {
      response
        .writeHead(200, { 'content-type': 'text/plain', ...headers })
        .end(`${path} ${this.requests.length}`)
    }
    if (path.startsWith('/slow')) void this.slow.then(send)
    else send()
  }
}

/** A CacheTier of the namespace `mes` that keeps one path for a minute. */
export function tierYaml(path: string, name = 'mes-api'): string {
  return `apiVersion: alexandrite.dev/v1alpha1
kind: CacheTier
metadata: {name: ${name}, namespace: mes}
spec:
  workload: {kind: Deployment, name: ${name}, port: http}
  policy:
    rules:
      - name: list
        match: {path: ${path}}
        ttl: 60s
        tags: [list]
`
}

/** A temporary folder with files in it. */
export class Folder {
  readonly path = mkdtempSync(join(tmpdir(), 'alexandrite-cli-'))

  /** Writes a file and returns its path. */
  write(name: string, text: string): string {
    const path = join(this.path, name)
    writeFileSync(path, text)
    return path
  }

  delete(name: string): void {
    rmSync(join(this.path, name))
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}

/** The text at a URL. */
export async function get(url: string): Promise<string> {
  const response = await fetch(url, { headers: { connection: 'close' } })
  return response.text()
}
