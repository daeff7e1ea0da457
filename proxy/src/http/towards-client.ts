import { VIA } from '../engine/cache-status.ts'
import { header } from '../engine/headers.ts'
import type { RawHeaders } from '../engine/headers.ts'

/** The fields the tier adds on the way to the client. */
export const towardsClient = (headers: RawHeaders, connection: 'KeepAlive' | 'Close'): string[] => {
  const sent = [...headers]
  if (!header(headers, 'via')?.includes(VIA)) sent.push('Via', `1.1 ${VIA}`)
  if (connection === 'Close') sent.push('Connection', 'close')
  return sent
}
