import type { RawHeaders } from '../engine/headers.ts'
import { withoutHeaders } from '../engine/headers.ts'

const HOST = new Set(['host'])

/**
 * A request target in origin-form. Absolute-form names the host itself, and its host wins over the Host field
 * (RFC 9112 §3.2.2). Others (the asterisk of OPTIONS) stay as they are.
 */
export const originForm = (target: string, headers: RawHeaders): { target: string; headers: RawHeaders } => {
  if (target.startsWith('/')) return { target, headers }
  const absolute = /^https?:\/\/([^/?#]*)([^#]*)/i.exec(target)
  if (!absolute) return { target, headers }
  const [, host = '', rest = ''] = absolute
  return {
    target: rest.startsWith('/') ? rest : `/${rest}`,
    headers: ['Host', host, ...withoutHeaders(headers, HOST)]
  }
}
