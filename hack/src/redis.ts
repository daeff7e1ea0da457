/** A Redis of one's own, for tests and demos. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { guard } from './guard.ts'
import { freePort } from './ports.ts'
import { run, start, tailOfFile, waitUntil } from './run.ts'
import { resolveTools } from './tools.ts'

export interface RedisOptions {
  /** @default a free one */
  port?: number
  /** redis.conf's maxmemory, such as 32mb, with allkeys-lfu. @default no bound */
  maxMemory?: string
  /** More arguments of redis-server. */
  args?: readonly string[]
}

export interface RunningRedis {
  /** redis://127.0.0.1:PORT */
  url: string
  port: number
  /** Path of its unix socket. */
  socket: string
  pid: number
  /** Kills it, also when it is stopped by SIGSTOP, and removes its folder. */
  stop(): Promise<void>
}

/** Starts Redis on 127.0.0.1 and on a unix socket, without persistence, and waits until it answers. */
export async function startRedis(options: RedisOptions = {}): Promise<RunningRedis> {
  const tools = await resolveTools(['redis-server', 'redis-cli'])
  const folder = mkdtempSync(join(tmpdir(), 'alexandrite-redis-'))
  const port = options.port ?? (await freePort())
  const socket = join(folder, 'redis.sock')
  const memory = options.maxMemory
    ? ['--maxmemory', options.maxMemory, '--maxmemory-policy', 'allkeys-lfu']
    : []
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--unixsocket', socket, '--dir', folder]
  const settings = [
    '--save',
    '',
    '--appendonly',
    'no',
    '--daemonize',
    'no',
    ...memory,
    ...(options.args ?? [])
  ]
  const logFile = join(folder, 'redis.log')
  const server = await start(tools['redis-server'], [...args, ...settings], { logFile })
  const guarded = guard([server.pid], folder)
  const stop = async () => {
    await server.stop('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
    await guarded.release()
  }
  try {
    await waitUntil(async () => (await run(tools['redis-cli'], ['-s', socket, 'ping'])).includes('PONG'), {
      what: 'Redis answers PING',
      everyMs: 20,
      giveUp: () => (server.isRunning() ? undefined : tailOfFile(logFile))
    })
  } catch (error) {
    await stop()
    throw error
  }
  return { url: `redis://127.0.0.1:${port}`, port, socket, pid: server.pid, stop }
}
