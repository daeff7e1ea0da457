/** Small helpers around processes, ports and waiting. Everything under hack/ builds on them. */
import { spawn, type SpawnOptions } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { types } from 'node:util'

export type Milliseconds = number

/** A command that ended with another exit code than 0; the message holds the end of its output. */
export class RunError extends Error {
  readonly code: number | null
  readonly output: string

  constructor(command: string, code: number | null, output: string) {
    super(`${command} failed (exit ${code ?? 'by signal'}):\n${tail(output, 15)}`)
    this.name = 'RunError'
    this.code = code
    this.output = output
  }
}

export interface RunOptions {
  cwd?: string
  /** Added to the own environment. */
  env?: Record<string, string>
  uid?: number
  gid?: number
  /** Written to the command's standard input. */
  input?: string
  /** Ends the command. */
  signal?: AbortSignal
  /** Kills the command after this time. @default no limit */
  timeoutMs?: Milliseconds
}

/** Last lines of a text. */
export const tail = (text: string, lines: number): string =>
  text.trimEnd().split('\n').slice(-lines).join('\n')

/** Last lines of a file, or a sentence that it cannot be read: for error messages. */
export function tailOfFile(file: string, lines = 15): string {
  try {
    return tail(readFileSync(file, 'utf8'), lines)
  } catch {
    return `(no log at ${file})`
  }
}

/** Runs a command to its end and returns its standard output. @throws RunError */
export async function run(
  command: string,
  args: readonly string[],
  options: RunOptions = {}
): Promise<string> {
  const { input, env, timeoutMs, ...rest } = options
  const spawnOptions: SpawnOptions = { ...rest, stdio: 'pipe', env: { ...process.env, ...env } }
  const child = spawn(command, args, spawnOptions)
  // Not spawn's own `timeout`: its timer stays when the command cannot be started, and holds this process up.
  const timer = timeoutMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), timeoutMs)
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout?.on('data', (chunk: Buffer) => out.push(chunk))
  child.stderr?.on('data', (chunk: Buffer) => err.push(chunk))
  // A command may end without reading its input: its exit code says what happened, not the broken pipe.
  child.stdin?.on('error', () => undefined)
  child.stdin?.end(input ?? '')
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', (cause) => reject(new Error(`cannot start ${command}: ${cause.message}`, { cause })))
    child.on('close', resolve)
  }).finally(() => clearTimeout(timer))
  const stdout = Buffer.concat(out).toString()
  if (code !== 0)
    throw new RunError([command, ...args].join(' '), code, stdout + Buffer.concat(err).toString())
  return stdout
}

/** Like `run`, but a failure gives undefined: for questions such as "does it answer?". */
export async function tryRun(
  command: string,
  args: readonly string[],
  options: RunOptions = {}
): Promise<string | undefined> {
  try {
    return await run(command, args, options)
  } catch {
    return undefined
  }
}

export interface StartOptions {
  /** Receives standard output and standard error. */
  logFile: string
  cwd?: string
  /** Added to the own environment. */
  env?: Record<string, string>
  uid?: number
  gid?: number
}

/** A process that runs in the background, leader of a process group of its own. */
export interface Started {
  readonly pid: number
  readonly logFile: string
  readonly exited: Promise<number | null>
  isRunning(): boolean
  /** Lets this process end while that one goes on. */
  unref(): void
  /** Sends the signal to the whole group, SIGKILL after `graceMs`, and waits for the end. */
  stop(signal?: NodeJS.Signals, graceMs?: Milliseconds): Promise<void>
}

/** Starts a process in the background with its output in a file. @throws when it cannot be started */
export async function start(
  command: string,
  args: readonly string[],
  options: StartOptions
): Promise<Started> {
  const { logFile, env, ...rest } = options
  const log = openSync(logFile, 'a')
  const child = spawn(command, args, {
    ...rest,
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...process.env, ...env }
  })
  closeSync(log)
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', (cause) => reject(new Error(`cannot start ${command}: ${cause.message}`, { cause })))
  })
  let running = true
  const exited = new Promise<number | null>((resolve) => {
    child.once('exit', (code) => {
      running = false
      resolve(code)
    })
  })
  const pid = child.pid ?? 0
  return {
    pid,
    logFile,
    exited,
    isRunning: () => running,
    unref: () => child.unref(),
    async stop(signal = 'SIGTERM', graceMs = 5000) {
      killGroup(pid, signal)
      const gone = await Promise.race([exited.then(() => true), delay(graceMs, false, { ref: false })])
      if (!gone) killGroup(pid, 'SIGKILL')
      await exited
    }
  }
}

/** Signals a process group; one that is gone already is fine. */
export function killGroup(pid: number, signal: NodeJS.Signals): void {
  signalIfThere(-pid, signal)
}

/** Signals a process; one that is gone already is fine. */
export function signalIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error
  }
}

/** Whether a process exists and is not a zombie. */
export function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

export { freePort, freePorts } from './ports.ts'

export interface WaitOptions {
  /** Ends the sentence "timed out after 30 s: …". */
  what: string
  /** @default 30 000 */
  timeoutMs?: Milliseconds
  /** @default 100 */
  everyMs?: Milliseconds
  /** A reason to give up at once, for example that the process has ended. */
  giveUp?: () => string | undefined
}

/**
 * Asks until the answer is neither undefined nor false. An exception counts as "not yet"; the last one is
 * quoted when the time is over.
 */
export async function waitUntil<T>(
  ask: () => Promise<T> | T,
  options: WaitOptions
): Promise<Exclude<T, undefined | false>> {
  const { what, timeoutMs = 30_000, everyMs = 100, giveUp } = options
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const { answer, error } = await attempt(ask)
    if (answer !== undefined && answer !== false) return answer as Exclude<T, undefined | false>
    const reason = giveUp?.()
    if (reason) throw new Error(`${what}: ${reason}`)
    if (Date.now() > deadline) {
      const quoted = error === undefined ? '' : ` (last answer: ${messageOf(error)})`
      throw new Error(`timed out after ${Math.round(timeoutMs / 1000)} s: ${what}${quoted}`, { cause: error })
    }
    await delay(everyMs)
  }
}

async function attempt<T>(ask: () => Promise<T> | T): Promise<{ answer?: T; error?: unknown }> {
  try {
    return { answer: await ask() }
  } catch (error) {
    return { error }
  }
}

/** Whether an address answers with 2xx. */
export async function answers(url: string): Promise<boolean> {
  const response = await fetch(url)
  await response.arrayBuffer()
  return response.ok
}

/** Message of anything that was thrown. */
export const messageOf = (error: unknown): string => (isError(error) ? error.message : String(error))

/** Code of a system error, such as ENOENT. */
export const codeOf = (error: unknown): string | undefined =>
  isError(error) && 'code' in error && typeof error.code === 'string' ? error.code : undefined

/** Unlike `instanceof Error`, also true for an error of another realm: Jest runs tests in one of their own. */
const isError = (error: unknown): error is Error => types.isNativeError(error)

/** Writes one line to standard error: results go to standard output, progress does not. */
export const say = (line: string): void => void process.stderr.write(`${line}\n`)
