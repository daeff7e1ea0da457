import { createHash, timingSafeEqual } from 'node:crypto'

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

export type Authorization = 'Granted' | 'Missing' | 'Wrong' | 'Disabled'

/** Compares a bearer token in constant time (RFC 6750). Without a configured token nothing is granted. */
export const authorize = (field: string | undefined, token: string | undefined): Authorization => {
  if (token === undefined || token === '') return 'Disabled'
  const given = /^Bearer +(.+)$/i.exec(field ?? '')?.[1]
  if (given === undefined) return 'Missing'
  return timingSafeEqual(digest(given.trim()), digest(token)) ? 'Granted' : 'Wrong'
}
