/** Links in messages that need no login: whose they are and what for, signed. */
import { createHmac, timingSafeEqual } from 'node:crypto'

/** A link to unsubscribe does not show or change preferences, and the other way round. */
export type Purpose = 'unsubscribe' | 'preferences'

/** Other purposes' signatures are of no use. */
const sign = (key: Buffer, purpose: Purpose, reference: string): Buffer =>
  createHmac('sha256', key).update(`${purpose}\n${reference}`).digest()

/** Never expires: a customer may unsubscribe by the oldest of messages. */
export const tokenFor = (key: Buffer, purpose: Purpose, customerRef: string): string =>
  `${Buffer.from(customerRef).toString('base64url')}.${sign(key, purpose, customerRef).toString('base64url')}`

/** Whose token it is; undefined when it is not one of ours for that purpose. */
export function customerOf(key: Buffer, purpose: Purpose, token: string): string | undefined {
  const [, reference, signature] = /^([A-Za-z0-9_-]{1,200})\.([A-Za-z0-9_-]{43})$/.exec(token) ?? []
  if (reference === undefined || signature === undefined) return undefined
  const customerRef = Buffer.from(reference, 'base64url').toString()
  const given = Buffer.from(signature, 'base64url')
  const expected = sign(key, purpose, customerRef)
  return given.length === expected.length && timingSafeEqual(given, expected) ? customerRef : undefined
}
