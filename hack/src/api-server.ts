/** etcd and kube-apiserver, without nodes and controllers and without root: for tests of what talks to them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Agent, request } from 'undici'
import {
  apiServerArguments,
  auditArguments,
  auditLog,
  etcdArguments,
  writeApiServerFiles
} from './control-plane.ts'
import { guard, type Guard } from './guard.ts'
import { kubeconfig } from './kubeconfig.ts'
import { CertificateAuthority, type Pair } from './pki.ts'
import { freePorts } from './ports.ts'
import { start, tailOfFile, waitUntil, type Started } from './run.ts'
import { resolveTools } from './tools.ts'

export interface ApiServerOptions {
  /** Writes each write's metadata to `audit`. @default false */
  audit?: boolean
  /** More arguments of kube-apiserver. */
  args?: readonly string[]
}

export interface RunningApiServer {
  /** Path of a kubeconfig of an administrator. */
  kubeconfig: string
  /** https://127.0.0.1:PORT */
  url: string
  /** PEM of the CA, and the administrator's certificate and key. */
  ca: string
  cert: string
  key: string
  /** Path of the audit log, a JSON object a line, when it was asked for. */
  audit?: string
  /** A kubeconfig's path for another user, such as one without rights. */
  userKubeconfig(commonName: string, organization?: string): Promise<string>
  /** Process id of the API server that runs now. */
  pid(): number
  /** Kills the API server and leaves etcd running: every connection is reset. */
  kill(): Promise<void>
  /** Starts it again (after a kill, or killing it first) on the same port with the same data. */
  restart(): Promise<void>
  stop(): Promise<void>
}

/**
 * Starts both on free ports of 127.0.0.1 and waits for /readyz. There is no controller manager: namespaces stay
 * in Terminating, Deployments make no pods. The ServiceAccount admission plugin is off, so pods can be made by hand.
 */
export async function startApiServer(options: ApiServerOptions = {}): Promise<RunningApiServer> {
  const authority = await CertificateAuthority.create('kubernetes-ca')
  const admin = await authority.pair({ commonName: 'admin', organization: 'system:masters' }, 'client')
  const folder = mkdtempSync(join(tmpdir(), 'alexandrite-apiserver-'))
  const server = new ApiServer(folder, options, { authority, admin })
  try {
    await server.start()
  } catch (error) {
    await server.stop()
    throw error
  }
  return server.handle()
}

interface Credentials {
  authority: CertificateAuthority
  admin: Pair
}

class ApiServer {
  readonly #folder: string
  readonly #options: ApiServerOptions
  readonly #authority: CertificateAuthority
  readonly #admin: Pair
  #url = ''
  #port = 0
  #etcdPort = 0
  #etcd: Started | undefined
  #server: Started | undefined
  #guard: Guard | undefined

  constructor(folder: string, options: ApiServerOptions, { authority, admin }: Credentials) {
    this.#folder = folder
    this.#options = options
    this.#authority = authority
    this.#admin = admin
  }

  async start(): Promise<void> {
    const tools = await resolveTools(['etcd', 'kube-apiserver'])
    const [port = 0, etcdPort = 0, peerPort = 0] = await freePorts(3)
    this.#port = port
    this.#etcdPort = etcdPort
    this.#url = `https://127.0.0.1:${port}`
    await writeApiServerFiles(this.#folder, this.#authority, '127.0.0.1')
    this.#etcd = await start(tools.etcd, etcdArguments(this.#folder, etcdPort, peerPort), {
      logFile: join(this.#folder, 'etcd.log')
    })
    this.#guard = guard([this.#etcd.pid], this.#folder)
    await this.restart()
  }

  async restart(): Promise<void> {
    await this.kill()
    const { 'kube-apiserver': command } = await resolveTools(['kube-apiserver'])
    const place = { address: '127.0.0.1', port: this.#port, etcdPort: this.#etcdPort, folder: this.#folder }
    const args = [
      ...apiServerArguments(place),
      '--authorization-mode=RBAC',
      '--disable-admission-plugins=ServiceAccount',
      // There is no node that could reach the Service `kubernetes`.
      '--endpoint-reconciler-type=none',
      ...(this.#options.audit ? auditArguments(this.#folder) : []),
      ...(this.#options.args ?? [])
    ]
    const server = await start(command, args, { logFile: join(this.#folder, 'kube-apiserver.log') })
    this.#server = server
    await this.#guard?.release()
    this.#guard = guard([server.pid, this.#etcd?.pid ?? server.pid], this.#folder)
    await this.#ready(server)
  }

  async #ready(server: Started): Promise<void> {
    const connect = { ca: this.#authority.cert, cert: this.#admin.cert, key: this.#admin.key }
    const dispatcher = new Agent({ connect })
    const died = () => (this.#etcd?.isRunning() ? undefined : tailOfFile(join(this.#folder, 'etcd.log')))
    try {
      await waitUntil(
        async () => {
          const { statusCode, body } = await request(`${this.#url}/readyz`, { dispatcher })
          await body.dump()
          return statusCode === 200
        },
        {
          what: `kube-apiserver is ready at ${this.#url}`,
          timeoutMs: 90_000,
          everyMs: 50,
          giveUp: () => (server.isRunning() ? died() : tailOfFile(server.logFile))
        }
      )
    } finally {
      await dispatcher.destroy()
    }
  }

  async kill(): Promise<void> {
    await this.#server?.stop('SIGKILL')
  }

  async stop(): Promise<void> {
    await this.kill()
    await this.#etcd?.stop('SIGKILL')
    rmSync(this.#folder, { recursive: true, force: true })
    await this.#guard?.release()
  }

  #kubeconfig(name: string, user: Pair): string {
    const path = join(this.#folder, `${name}.kubeconfig`)
    const content = kubeconfig({ server: this.#url, ca: this.#authority.cert, user })
    writeFileSync(path, content, { mode: 0o600 })
    return path
  }

  handle(): RunningApiServer {
    return {
      kubeconfig: this.#kubeconfig('admin', this.#admin),
      url: this.#url,
      ca: this.#authority.cert,
      ...this.#admin,
      ...(this.#options.audit ? { audit: auditLog(this.#folder) } : {}),
      userKubeconfig: async (commonName, organization) => {
        const subject = organization === undefined ? { commonName } : { commonName, organization }
        return this.#kubeconfig(
          `user-${commonName.replaceAll(/[^\w-]/g, '_')}`,
          await this.#authority.pair(subject, 'client')
        )
      },
      pid: () => this.#server?.pid ?? 0,
      kill: () => this.kill(),
      restart: () => this.restart(),
      stop: () => this.stop()
    }
  }
}
