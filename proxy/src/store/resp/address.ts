import { connect as connectPlain } from 'node:net'
import type { Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

/** Where a Redis is, and who asks. */
export interface RespAddress {
  readonly endpoint:
    | { readonly kind: 'Unix'; readonly path: string }
    | { readonly kind: 'Tcp' | 'Tls'; readonly host: string; readonly port: number }
  readonly username: string | undefined
  readonly password: string | undefined
  readonly database: number
}

const DEFAULT_PORT = 6379

const wrong = (): Error =>
  new Error('the store must be unix:///PATH, redis://HOST:PORT or rediss://HOST:PORT')

const databaseOf = (text: string): number => {
  if (!/^\d{0,9}$/.test(text))
    throw new Error("the store's database must be a number: redis://HOST:PORT/NUMBER")
  return Number(text)
}

/**
 * unix:///PATH, or redis[s]://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE] with TLS for rediss (as registered with IANA).
 * Throws a sentence for anything else.
 */
export const parseRespUrl = (url: string): RespAddress => {
  if (/^unix:\/\/\/./.test(url))
    return {
      endpoint: { kind: 'Unix', path: url.slice(7) },
      username: undefined,
      password: undefined,
      database: 0
    }
  if (!/^rediss?:\/\//.test(url) || !URL.canParse(url)) throw wrong()
  const { protocol, hostname, port, username, password, pathname } = new URL(url)
  if (hostname === '') throw wrong()
  return {
    endpoint: {
      kind: protocol === 'rediss:' ? 'Tls' : 'Tcp',
      host: hostname.replace(/^\[(.*)\]$/, '$1'),
      port: port === '' ? DEFAULT_PORT : Number(port)
    },
    username: username === '' ? undefined : decodeURIComponent(username),
    password: password === '' ? undefined : decodeURIComponent(password),
    database: databaseOf(pathname.slice(1))
  }
}

/** Begins to connect. Certificates are verified (NODE_EXTRA_CA_CERTS adds authorities). */
export const openSocket = ({ endpoint }: RespAddress): Socket => {
  if (endpoint.kind === 'Unix') return connectPlain({ path: endpoint.path })
  const { host, port } = endpoint
  const options = { host, port, noDelay: true, keepAlive: true }
  return endpoint.kind === 'Tls' ? connectTls({ ...options, servername: host }) : connectPlain(options)
}

/** What has to be said first on a connection; each must be answered without an error. PING shows that it is awake. */
export const greeting = ({ username, password, database }: RespAddress): string[][] => [
  ...(password === undefined ? [] : [['AUTH', ...(username === undefined ? [] : [username]), password]]),
  ...(database === 0 ? [] : [['SELECT', String(database)]]),
  ['PING']
]
