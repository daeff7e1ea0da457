/** A PostgreSQL of one's own, for tests and demos. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { guard } from './guard.ts'
import { giveTo, postgresFiles } from './postgres-files.ts'
import { freePort } from './ports.ts'
import { start, tailOfFile, waitUntil } from './run.ts'

export interface PostgresOptions {
  /** @default a free one */
  port?: number
  /** Whether commits wait for the disk. @default false */
  fsync?: boolean
  /** A data folder that outlives the server; made when it is missing. @default a temporary one */
  dataFolder?: string
  /** More settings of postgresql.conf. */
  settings?: Readonly<Record<string, string | number>>
}

export interface RunningPostgres {
  /** postgres://postgres:PASSWORD@127.0.0.1:PORT/postgres */
  url: string
  port: number
  pid: number
  /** Shuts down at once and removes the temporary data. */
  stop(): Promise<void>
}

/** Starts PostgreSQL on 127.0.0.1, as `nobody` when root asks, and waits until it accepts connections. */
export async function startPostgres(options: PostgresOptions = {}): Promise<RunningPostgres> {
  const { home, template, password, user } = await postgresFiles()
  const port = options.port ?? (await freePort())
  const folder = mkdtempSync(join(tmpdir(), 'alexandrite-postgres-'))
  const data = options.dataFolder ?? join(folder, 'data')
  prepareData(template, data)
  await giveTo(user, folder)
  await giveTo(user, data)
  const settings = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: folder,
    ...(options.fsync ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
    ...options.settings
  }
  const args = Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`])
  const logFile = join(folder, 'postgres.log')
  const server = await start(join(home, 'bin/postgres'), ['-D', data, ...args], {
    logFile,
    cwd: folder,
    ...user
  })
  const guarded = guard([server.pid], folder)
  const stop = async () => {
    // SIGINT is PostgreSQL's fast shutdown: it ends sessions and does not wait for them.
    await server.stop('SIGINT', 10_000)
    rmSync(folder, { recursive: true, force: true })
    await guarded.release()
  }
  try {
    await waitUntil(() => accepts(port, logFile), {
      what: 'PostgreSQL accepts connections',
      everyMs: 30,
      giveUp: () => (server.isRunning() ? undefined : tailOfFile(logFile))
    })
  } catch (error) {
    await stop()
    throw error
  }
  return { url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`, port, pid: server.pid, stop }
}

function prepareData(template: string, data: string): void {
  if (existsSync(join(data, 'PG_VERSION'))) return
  mkdirSync(data, { recursive: true, mode: 0o700 })
  cpSync(template, data, { recursive: true })
}

/** The port opens before recovery is over; the log says when the server is ready. */
async function accepts(port: number, logFile: string): Promise<boolean> {
  if (!tailOfFile(logFile, 50).includes('ready to accept connections')) return false
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true))
    socket.once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
