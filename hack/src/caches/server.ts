/** A server of somebody else's that a comparison starts: in a folder of its own, on a free port, on a chosen core. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { guard } from '../guard.ts'
import { freePort } from '../ports.ts'
import { start, tailOfFile, waitUntil } from '../run.ts'

/** Number of a processor, as taskset counts them. */
export type Cpu = number

/** What a configuration may name. */
export interface Place {
  /** An empty folder that any user may write to; it goes with the server. */
  readonly folder: string
  /** A port of 127.0.0.1 that was free a moment ago. */
  readonly port: number
}

export interface Command {
  readonly command: string
  readonly args: readonly string[]
  /** Added to the own environment. */
  readonly env?: Record<string, string>
}

export interface ServerOptions {
  /** Names it in errors. */
  readonly name: string
  /** Writes what it needs into the folder and says how to start it in the foreground. */
  readonly prepare: (place: Place) => Promise<Command> | Command
  /** Processor it may run on. @default all */
  readonly cpu?: Cpu | undefined
}

export interface RunningServer {
  /** http://127.0.0.1:PORT */
  readonly url: string
  readonly port: number
  /** The first of its processes. */
  readonly pid: number
  readonly folder: string
  /** Kills all its processes and removes its folder. */
  stop(): Promise<void>
}

/** The same command, held on one processor. */
export const pinned = (cpu: Cpu | undefined, { command, args, ...rest }: Command): Command =>
  cpu === undefined
    ? { command, args, ...rest }
    : { command: 'taskset', args: ['--cpu-list', String(cpu), command, ...args], ...rest }

/** Starts it and waits until its port answers. @throws with the end of its log */
export async function startServer({ name, prepare, cpu }: ServerOptions): Promise<RunningServer> {
  const folder = mkdtempSync(join(tmpdir(), `alexandrite-${name}-`))
  // Started as root, most servers do their work as another user.
  chmodSync(folder, 0o777)
  const port = await freePort()
  const remove = () => rmSync(folder, { recursive: true, force: true })
  const logFile = join(folder, 'output.log')
  const server = await launch({ folder, port }, logFile, { name, prepare, cpu }).catch((error: unknown) => {
    remove()
    throw error
  })
  const guarded = guard([server.pid], folder)
  const stop = async () => {
    await server.stop('SIGTERM', 1000)
    remove()
    await guarded.release()
  }
  try {
    await waitUntil(() => answers(port), {
      what: `${name} answers on port ${port}`,
      everyMs: 20,
      giveUp: () => (server.isRunning() ? undefined : `it ended\n${tailOfFile(logFile)}`)
    })
  } catch (error) {
    await stop()
    throw error
  }
  return { url: `http://127.0.0.1:${port}`, port, pid: server.pid, folder, stop }
}

async function launch(place: Place, logFile: string, { prepare, cpu }: ServerOptions) {
  const { command, args, env } = pinned(cpu, await prepare(place))
  return start(command, args, { logFile, cwd: place.folder, ...(env ? { env } : {}) })
}

/** Whether something listens there. */
const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const done = (open: boolean) => {
      socket.destroy()
      resolve(open)
    }
    socket.once('connect', () => done(true))
    socket.once('error', () => done(false))
  })
