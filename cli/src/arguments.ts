import { InvalidArgumentError } from 'commander'
import { usageError } from './errors.ts'

/** HOST:PORT to listen on; port 0 lets the system choose. */
export interface Address {
  readonly host: string
  readonly port: number
}

const HOST_PORT = /^(?:\[(?<v6>[0-9a-fA-F:.]+)\]|(?<host>[^:[\]\s]*)):(?<port>\d{1,5})$/

/** `127.0.0.1:8080`, `[::1]:8080`, or `:8080` for every address of the machine. */
export function parseAddress(text: string): Address {
  const { v6, host, port } = HOST_PORT.exec(text)?.groups ?? {}
  if (port === undefined || Number(port) > 65_535) {
    throw new InvalidArgumentError(`"${text}" is not HOST:PORT; write for example 127.0.0.1:8081`)
  }
  return { host: v6 ?? (host === '' || host === undefined ? '0.0.0.0' : host), port: Number(port) }
}

export const formatAddress = ({ host, port }: Address): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`

/** The URL at which a person reaches an address that a server listens on. */
export const addressUrl = ({ host, port }: Address): string =>
  `http://${formatAddress({ host: host === '0.0.0.0' || host === '::' ? 'localhost' : host, port })}`

/** `http://HOST[:PORT]` of an application. Paths belong to requests, not to the origin. */
export function parseOrigin(text: string): string {
  const url = URL.parse(text)
  if (url?.protocol !== 'http:') {
    throw new InvalidArgumentError(`"${text}" is not an origin; write for example http://127.0.0.1:8080`)
  }
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '' || url.username !== '') {
    throw new InvalidArgumentError(
      `origin "${text}" has more than host and port; write ${url.protocol}//${url.host}`
    )
  }
  return url.origin
}

/**
 * `redis://`, `rediss://` or `unix:///path` of a Redis, as part of a tier's options. The text may hold a password
 * and is never repeated; that is why commander, which repeats what it refuses, does not parse it.
 */
export function redisOption(text: string | undefined): { readonly redisUrl?: string } {
  if (text === undefined) return {}
  if (['redis:', 'rediss:', 'unix:'].includes(URL.parse(text)?.protocol ?? '')) return { redisUrl: text }
  throw usageError('--redis is not the URL of a Redis; write redis://HOST:PORT, rediss://… or unix:///PATH')
}

/** Makes the parser of `http(s)://HOST:PORT`; the scheme may be left out. */
const parseUrlOf =
  (what: string, example: string) =>
  (text: string): string => {
    const url = URL.parse(/^https?:\/\//.test(text) ? text : `http://${text}`)
    if (url !== null && url.hostname !== '') return url.origin
    throw new InvalidArgumentError(`"${text}" is not the URL of ${what}; write for example ${example}`)
  }

export const parseAdminUrl = parseUrlOf('an admin port', 'http://127.0.0.1:15081')
export const parseReadModelUrl = parseUrlOf('the service crm-read-model', 'http://127.0.0.1:8086')

/** One more admin port of an option that may be given several times. */
export const collectAdminUrl = (text: string, soFar: readonly string[] = []): string[] => [
  ...soFar,
  parseAdminUrl(text)
]

/** Seconds between two looks at something. */
export function parseSeconds(text: string): number {
  const seconds = Number(text)
  if (seconds >= 0.1 && seconds <= 3600) return seconds
  throw new InvalidArgumentError(`"${text}" is not a number of seconds from 0.1 to 3600`)
}

/** `NAME: VALUE` of a request header, into the headers so far. */
export function collectHeader(text: string, soFar: Record<string, string> = {}): Record<string, string> {
  const colon = text.indexOf(':')
  const name = text.slice(0, colon).trim().toLowerCase()
  if (colon < 1 || !/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name)) {
    throw new InvalidArgumentError(`"${text}" is not a header; write for example "Accept-Language: en"`)
  }
  const value = text.slice(colon + 1).trim()
  const before = soFar[name]
  return { ...soFar, [name]: before === undefined ? value : `${before}, ${value}` }
}

/** One more value of an option that may be given several times. */
export const collect = (text: string, soFar: readonly string[] = []): string[] => [...soFar, text]

/** Makes the parser of a repeatable `NAMESPACE/NAME=VALUE`; a name without a namespace means `default`. */
export function collectByTier<T>(parseValue: (text: string) => T) {
  return (text: string, soFar: ReadonlyMap<string, T> = new Map<string, T>()): ReadonlyMap<string, T> => {
    const equals = text.indexOf('=')
    const key = text.slice(0, Math.max(equals, 0))
    if (!/^[a-z0-9.-]+(\/[a-z0-9.-]+)?$/.test(key)) {
      throw new InvalidArgumentError(
        `"${text}" does not name a tier; write NAMESPACE/NAME=VALUE, such as mes/mes-api=…`
      )
    }
    const tier = key.includes('/') ? key : `default/${key}`
    if (soFar.has(tier)) throw new InvalidArgumentError(`tier ${tier} is given twice; keep one of them`)
    return new Map([...soFar, [tier, parseValue(text.slice(equals + 1))]])
  }
}
