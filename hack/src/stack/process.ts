/** One program of the stack as a process: its files, its guard, its readiness. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { guard } from '../guard.ts'
import { start, tailOfFile, waitUntil } from '../run.ts'
import type { Milliseconds, Started } from '../run.ts'
import { resolveTool } from '../tools.ts'
import { PROGRAMS } from './programs.ts'
import type { LocalProgram, Settings } from './programs.ts'

/** A cold start on a busy machine; idle ones take a second or two. */
const READY_WITHIN: Milliseconds = 90_000

/** Go collects garbage rather than go beyond this part of the limit; the rest is not heap. */
const HEAP_SHARE = 0.8

export interface ProgramProcess {
  readonly program: LocalProgram
  readonly pid: number
  /** Its own log: standard output and standard error. */
  readonly logFile: string
  readonly configFile: string
  isRunning(): boolean
  /** Waits until it says that it is ready. @throws with the end of its log when it ends before, or in 90 s */
  ready(): Promise<void>
  stop(): Promise<void>
}

/** Starts a program with its files in a folder of its own below `folder`; it dies with this process. */
export async function startProgram(
  program: LocalProgram,
  settings: Settings,
  folder: string
): Promise<ProgramProcess> {
  const { tool, config, args, ready, memoryMiB } = PROGRAMS[program]
  const command = await resolveTool(tool)
  const own = join(folder, program)
  const dataFolder = join(own, 'data')
  mkdirSync(dataFolder, { recursive: true })
  const configFile = join(own, 'config.yaml')
  writeFileSync(configFile, stringify(config(settings, dataFolder)))
  const logFile = logFileOf(folder, program)
  const started = await start(command, args(settings.endpoints, { configFile, dataFolder }), {
    logFile,
    cwd: own,
    env: { GOMEMLIMIT: `${Math.floor(memoryMiB * HEAP_SHARE)}MiB` }
  })
  const guarded = guard([started.pid], own)
  return {
    program,
    pid: started.pid,
    logFile,
    configFile,
    isRunning: () => started.isRunning(),
    ready: () => untilReady(program, ready(settings.endpoints), started),
    async stop() {
      await started.stop('SIGTERM', 5000)
      await guarded.release()
    }
  }
}

/** The log of a program, which the agent reads. */
export const logFileOf = (folder: string, program: LocalProgram): string => join(folder, `${program}.log`)

async function untilReady(program: LocalProgram, url: string, started: Started): Promise<void> {
  const answers = async () => {
    const response = await fetch(url, { signal: AbortSignal.timeout(2000) })
    const text = await response.text()
    if (!response.ok) throw new Error(`${url} answers ${response.status}: ${text.trim().slice(0, 200)}`)
    return true
  }
  await waitUntil(answers, {
    what: `${program} is ready`,
    timeoutMs: READY_WITHIN,
    giveUp: () => (started.isRunning() ? undefined : `it ended:\n${tailOfFile(started.logFile)}`)
  })
}
