import { readFileSync } from 'node:fs'
import { types } from 'node:util'
import type { Milliseconds } from '@alexandrite/api'
import type { SocketOptions } from 'amqplib'

/** Seconds; a broker that hangs is noticed after two to three of them. */
const HEARTBEAT_SECONDS = 5
/** For the TCP connection and for each silence of the broker until it has accepted the login. */
const CONNECT_TIMEOUT_MS: Milliseconds = 5000

/** Query parameters with files of TLS, by their names in RabbitMQ's URIs. */
const TLS_FILES = { cacertfile: 'ca', certfile: 'cert', keyfile: 'key' } as const

export interface BrokerUrl {
  /** With its credentials: for the client library alone. */
  readonly url: string
  readonly socket: SocketOptions
  /** Without credentials: for people. */
  readonly label: string
}

const readTlsFile = (parameter: string, file: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const code = types.isNativeError(error) && 'code' in error ? String(error.code) : 'unreadable'
    throw new Error(`the broker's URL names the ${parameter} ${file}, which cannot be read (${code})`, {
      cause: error
    })
  }
}

const tlsOf = (url: URL): Pick<SocketOptions, 'ca' | 'cert' | 'key'> => {
  const tls: { ca?: string; cert?: string; key?: string } = {}
  for (const [parameter, option] of Object.entries(TLS_FILES)) {
    const file = url.searchParams.get(parameter)
    if (file !== null) tls[option] = readTlsFile(parameter, file)
    url.searchParams.delete(parameter)
  }
  return tls
}

/**
 * Reads amqp://USER:PASSWORD@HOST:PORT/VHOST or amqps://…; `cacertfile`, `certfile` and `keyfile` as parameters
 * name files of TLS, `heartbeat` the interval in seconds (5). Throws a sentence without the URL, which is a secret.
 */
export const parseBrokerUrl = (text: string): BrokerUrl => {
  const url = URL.parse(text)
  if (!url || !['amqp:', 'amqps:'].includes(url.protocol) || url.hostname === '')
    throw new Error(
      "the broker's URL must be amqp://HOST:PORT/VHOST, or amqps:// for TLS, with user and password before the host"
    )
  const tls = tlsOf(url)
  if (!url.searchParams.has('heartbeat')) url.searchParams.set('heartbeat', String(HEARTBEAT_SECONDS))
  return {
    url: url.href,
    socket: { noDelay: true, timeout: CONNECT_TIMEOUT_MS, ...tls },
    label: `${url.protocol}//${url.host}${url.pathname}`
  }
}

/** The library's words for a refusal that it does not quote. */
const VHOST_REFUSED = 'Expected ConnectionOpenOk; got <ConnectionClose'

/** A host with several addresses fails with one error for each, and no message of its own. */
const messageOf = (error: unknown): string => {
  if (!types.isNativeError(error)) return String(error)
  const causes: unknown = 'errors' in error ? error.errors : undefined
  return error.message === '' && Array.isArray(causes) ? causes.map(messageOf).join('; ') : error.message
}

/** What went wrong, as a sentence without credentials: a library may quote the URL. */
export const sentenceOf = (error: unknown, secret: string | undefined): string => {
  const quoted = messageOf(error)
  const text = quoted.includes(VHOST_REFUSED)
    ? 'the broker has no such virtual host, or this user no right to it'
    : quoted
  const parsed = secret === undefined ? null : URL.parse(secret)
  const password = parsed?.password ?? ''
  const hidden = text.replaceAll(/\/\/[^/@\s]*@/g, '//')
  // The password in both spellings, should it ever be quoted alone.
  return [password, decoded(password)]
    .filter((spelling) => spelling.length > 3)
    .reduce((shown, spelling) => shown.replaceAll(spelling, '…'), hidden)
}

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
