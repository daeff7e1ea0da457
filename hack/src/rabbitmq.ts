/** A RabbitMQ of one's own, for tests and demos: the broker of Debian with its Erlang, unpacked or installed. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import { guard, type Guard } from './guard.ts'
import { freePorts } from './ports.ts'
import { run, signalIfThere, start, tailOfFile, waitUntil, type Started } from './run.ts'
import { resolveTool } from './tools.ts'

export interface RabbitmqOptions {
  /** @default a free one */
  port?: number
  /** Where its plugin rabbitmq_prometheus answers on 127.0.0.1: /metrics, with the names of queues. @default it is off */
  metricsPort?: number
  /** More lines of rabbitmq.conf. */
  settings?: Readonly<Record<string, string | number>>
}

export interface RunningRabbitmq {
  /** amqp://guest:guest@127.0.0.1:PORT */
  url: string
  port: number
  /** Of the broker's process; another one after start(). */
  pid(): number
  /** Kills it, also when it is paused, and removes its folder. */
  stop(): Promise<void>
  /** Ends the broker and keeps its data. @default SIGKILL; SIGTERM lets it take leave of its clients */
  kill(signal?: 'SIGKILL' | 'SIGTERM'): Promise<void>
  /** Starts it again after kill(): same port, same data. */
  start(): Promise<void>
  /** It hangs: connections stay open and nothing is answered. */
  pause(): void
  resume(): void
  /** The broker closes all clients' connections. */
  closeConnections(): Promise<void>
  /** Evaluates an Erlang expression, which ends with a full stop, in the broker; its value as Erlang prints it. */
  evaluate(expression: string): Promise<string>
}

const NODE = 'rabbit@localhost'
const COOKIE = 'alexandrite'

/** What a start needs to know about files, ports and environment. */
interface Place {
  readonly server: string
  /** Folder of epmd and erl_call. */
  readonly erts: string
  readonly folder: string
  readonly port: number
  readonly env: Record<string, string>
}

/** Starts RabbitMQ on 127.0.0.1 and waits until it greets clients; some seconds. */
export async function startRabbitmq(options: RabbitmqOptions = {}): Promise<RunningRabbitmq> {
  const server = await resolveTool('rabbitmq-server')
  const folder = mkdtempSync(join(tmpdir(), 'alexandrite-rabbitmq-'))
  const place = await prepare(server, folder, options)
  const epmd = await startEpmd(place)
  const broker = new Broker(place, epmd)
  try {
    await broker.start()
  } catch (error) {
    await broker.stop()
    throw error
  }
  return broker
}

/** The name server of Erlang nodes, on a port of its own: brokers do not see one another. */
const startEpmd = ({ erts, folder, env }: Place): Promise<Started> =>
  start(join(erts, 'epmd'), ['-address', '127.0.0.1'], {
    logFile: join(folder, 'epmd.log'),
    env,
    cwd: folder
  })

class Broker implements RunningRabbitmq {
  readonly url: string
  readonly port: number
  readonly #place: Place
  readonly #epmd: Started
  #guard: Guard
  #process: Started | undefined

  constructor(place: Place, epmd: Started) {
    this.#place = place
    this.#epmd = epmd
    this.port = place.port
    this.url = `amqp://guest:guest@127.0.0.1:${place.port}`
    this.#guard = guard([epmd.pid], place.folder)
  }

  pid(): number {
    return this.#process?.pid ?? 0
  }

  async start(): Promise<void> {
    const { server, folder, env, port } = this.#place
    const logFile = join(folder, 'broker.log')
    const broker = await start(server, [], { logFile, env, cwd: folder })
    this.#process = broker
    const before = this.#guard
    this.#guard = guard([this.#epmd.pid, broker.pid], folder)
    await before.release()
    await waitUntil(() => greets(port), {
      what: 'RabbitMQ greets clients',
      timeoutMs: 240_000,
      everyMs: 50,
      giveUp: () => (broker.isRunning() ? undefined : whyItEnded(logFile))
    })
    await this.evaluate('rabbit:await_startup().')
  }

  async kill(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    await this.#process?.stop(signal, 20_000)
  }

  async stop(): Promise<void> {
    await this.kill()
    await this.#epmd.stop('SIGKILL')
    rmSync(this.#place.folder, { recursive: true, force: true })
    await this.#guard.release()
  }

  pause(): void {
    signalIfThere(this.pid(), 'SIGSTOP')
  }

  resume(): void {
    signalIfThere(this.pid(), 'SIGCONT')
  }

  async closeConnections(): Promise<void> {
    await this.evaluate(
      '[rabbit_networking:close_connection(C, "closed by hand") || C <- rabbit_networking:connections_local()], ok.'
    )
  }

  async evaluate(expression: string): Promise<string> {
    const { erts, env } = this.#place
    // -r: a name of its own each time, so that calls may run side by side.
    const args = ['-r', '-c', COOKIE, '-n', NODE, '-e']
    const answer = await run(join(erts, 'erl_call'), args, {
      env,
      input: `${expression}\n`,
      timeoutMs: 20_000
    })
    const value = /^\{ok, (.*)\}\s*$/s.exec(answer)?.[1]
    if (value === undefined) throw new Error(`RabbitMQ cannot evaluate ${expression}: ${answer}`)
    return value
  }
}

/** The first errors of the log: the last ones are only Erlang's report of its own end. */
function whyItEnded(logFile: string): string {
  const errors = readFileSync(logFile, 'utf8')
    .split('\n')
    .filter((line) => line.includes('[error]'))
  return errors.length > 0 ? errors.slice(0, 15).join('\n') : tailOfFile(logFile)
}

async function prepare(server: string, folder: string, options: RabbitmqOptions): Promise<Place> {
  const erlang = resolve(dirname(server), '../../erlang')
  const erts = join(erlang, erlangRuntime(erlang), 'bin')
  const [free = 0, distribution = 0, names = 0] = await freePorts(3)
  const port = options.port ?? free
  for (const below of ['bin', 'data', 'log']) mkdirSync(join(folder, below))
  writeErl(join(folder, 'bin/erl'), erlang, erts)
  writeFileSync(join(folder, '.erlang.cookie'), COOKIE, { mode: 0o400 })
  writeFileSync(
    join(folder, 'plugins'),
    options.metricsPort === undefined ? '[].\n' : '[rabbitmq_prometheus].\n'
  )
  writeFileSync(join(folder, 'rabbitmq.conf'), settingsFile(options))
  const env = {
    ...environment(folder),
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_DIST_PORT: String(distribution),
    ERL_EPMD_PORT: String(names),
    PATH: [join(folder, 'bin'), process.env.PATH ?? ''].join(delimiter),
    ...libraries(erlang)
  }
  return { server, erts, folder, port, env }
}

/** Such as erts-13.1.5. */
const erlangRuntime = (erlang: string): string =>
  readdirSync(erlang).find((entry) => entry.startsWith('erts-')) ?? 'erts'

/** Debian's own `erl` has the path hard-coded at which it would be installed. */
function writeErl(file: string, erlang: string, erts: string): void {
  const exports = Object.entries({ ROOTDIR: erlang, BINDIR: erts, EMU: 'beam', PROGNAME: 'erl' })
  const lines = exports.map(([key, value]) => `export ${key}='${value}'`)
  writeFileSync(file, ['#!/bin/sh', ...lines, `exec '${erts}/erlexec' "$@"`, ''].join('\n'), { mode: 0o755 })
}

function settingsFile({ settings, metricsPort }: RabbitmqOptions): string {
  const all = {
    'log.console': 'true',
    'log.console.level': 'info',
    'log.file': 'false',
    // A broker for tests never refuses publishers because the disk of the machine is full.
    'disk_free_limit.absolute': '1MB',
    ...(metricsPort === undefined
      ? {}
      : {
          'prometheus.tcp.ip': '127.0.0.1',
          'prometheus.tcp.port': metricsPort,
          'prometheus.return_per_object_metrics': 'true'
        }),
    ...settings
  }
  return Object.entries(all)
    .map(([key, value]) => `${key} = ${value}\n`)
    .join('')
}

const environment = (folder: string): Record<string, string> => ({
  HOME: folder,
  RABBITMQ_MNESIA_BASE: join(folder, 'data'),
  RABBITMQ_LOG_BASE: join(folder, 'log'),
  RABBITMQ_NODENAME: NODE,
  RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
  RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq.conf'),
  RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'plugins'),
  RABBITMQ_CONF_ENV_FILE: '/dev/null',
  RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
  // The script then becomes the broker instead of waiting for it.
  RUNNING_UNDER_SYSTEMD: 'true'
})

/** The libraries that were unpacked beside Erlang; none where it is installed. */
function libraries(erlang: string): Record<string, string> {
  const root = resolve(erlang, '../../..')
  if (root === '/') return {}
  const folders = ['usr/lib', 'lib'].flatMap((parent) =>
    existsSync(join(root, parent))
      ? readdirSync(join(root, parent))
          .filter((entry) => entry.endsWith('-linux-gnu'))
          .map((entry) => join(root, parent, entry))
      : []
  )
  return { LD_LIBRARY_PATH: folders.join(delimiter) }
}

/** A client says "AMQP", 0, 0, 9, 1; the first frame of the broker is of type 1, a method (AMQP 0-9-1 §2.2.4). */
function greets(port: number): Promise<boolean> {
  return new Promise((answer) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('AMQP\x00\x00\x09\x01', 'latin1'))
    const done = (greeted: boolean) => {
      socket.destroy()
      answer(greeted)
    }
    socket.setTimeout(2000, () => done(false))
    socket.once('data', (data) => done(data[0] === 1))
    socket.once('error', () => done(false))
    socket.once('end', () => done(false))
  })
}
