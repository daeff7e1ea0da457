import type { IncomingMessage } from 'node:http'
import { headerValues } from '../engine/headers.ts'

/** host [":" port] in the characters that RFC 3986 allows there; a user has no place in it (RFC 9110 §4.2.4). */
const HOST = "[0-9A-Za-z\\-._~!$&'()*+,;=%[\\]:]+"
/** A Host field that names a host. */
export const HOST_FIELD = new RegExp(`^${HOST}$`)
const ABSOLUTE = new RegExp(`^https?://${HOST}(?:[/?#]|$)`, 'i')

/** Origin-form, absolute-form, or the asterisk of OPTIONS (RFC 9112 §3.2). */
const validTarget = (method: string | undefined, target: string): boolean =>
  target.startsWith('/') || ABSOLUTE.test(target) || (target === '*' && method === 'OPTIONS')

/** One Host that names a host or is empty; HTTP/1.0 knew none (RFC 9112 §3.2). */
const validHost = (hosts: readonly string[], httpVersion: string): boolean => {
  const [host] = hosts
  if (host === undefined) return httpVersion === '1.0'
  return hosts.length === 1 && (host === '' || HOST_FIELD.test(host))
}

/** Why a request that Node's parser let pass is refused all the same, as a status line's end; undefined for a good one. */
export const refusalOf = (message: IncomingMessage): string | undefined => {
  const { httpVersion, method, url = '', rawHeaders } = message
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return '505 HTTP Version Not Supported'
  if (!validTarget(method, url) || !validHost(headerValues(rawHeaders, 'host'), httpVersion))
    return '400 Bad Request'
  return undefined
}
