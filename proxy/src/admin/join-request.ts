import { parseAddress } from '../http/listen.ts'
import type { JoinRequest } from '../tier/join-client.ts'
import { parseJson } from './body.ts'

type Parsed =
  { readonly ok: true; readonly request: JoinRequest } | { readonly ok: false; readonly error: string }

const refused = (error: string): Parsed => ({ ok: false, error })

/** Addresses that mean "here" to whoever dials them. */
const WILDCARDS = ['0.0.0.0', '::']

const badAddress = (text: string): string | undefined => {
  try {
    const { host, port } = parseAddress(text)
    return port === 0 || WILDCARDS.includes(host)
      ? '"address" must be one that other pods can reach'
      : undefined
  } catch (error) {
    return `"address": ${error instanceof Error ? error.message : String(error)}`
  }
}

/** Reads the body of POST /join; the error is a sentence that names the field and the mend. */
export const parseJoinRequest = (text: string): Parsed => {
  const body = parseJson(text)
  if (typeof body?.address !== 'string')
    return refused('the body must be a JSON object such as {"address": "10.1.2.3:15081"}')
  const { address, starting } = body
  const problem = badAddress(address)
  if (problem !== undefined) return refused(problem)
  if (starting !== undefined && starting !== true) return refused('"starting" must be true, or absent')
  return { ok: true, request: starting ? { address, starting } : { address } }
}
