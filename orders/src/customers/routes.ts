/** What customers reach by the links in their messages, and what the shop asks. */
import type { FastifyInstance } from 'fastify'
import type { Pool } from 'pg'
import { HttpError } from '../service/http.ts'
import type { Tracing } from '../service/tracing.ts'
import type { Promised } from '../promises/shift.ts'
import { parsePreferences } from './contact.ts'
import { changePreferences, contactOf, preferencesOf } from './contacts.ts'
import type { CustomerMetrics } from './metrics.ts'
import { customerOf } from './tokens.ts'
import type { Purpose } from './tokens.ts'

export interface RouteOptions {
  readonly pool: Pool
  readonly key: Buffer
  readonly metrics: CustomerMetrics
  readonly tracing: Tracing
}

interface TokenParams {
  readonly token: string
}

const UNKNOWN = 'This link is not one of ours, or not whole; take it from the message again.'

/** A page with a button: programs that look at links in mails must not unsubscribe anybody (RFC 8058 §1). */
const PAGE = `<!doctype html><meta charset="utf-8"><title>Unsubscribe</title>
<form method="post"><button name="List-Unsubscribe" value="One-Click">Больше не писать мне · Write to me no more</button></form>
`
const DONE = `<!doctype html><meta charset="utf-8"><title>Unsubscribed</title>
<p>Мы больше не будем вам писать. · We shall not write to you any more.</p>
`

export function customerRoutes(app: FastifyInstance, options: RouteOptions): void {
  const { pool, key, metrics } = options
  const whose = (purpose: Purpose, token: string): string => {
    const customerRef = customerOf(key, purpose, token)
    if (customerRef === undefined) throw new HttpError(404, 'unknown_link', UNKNOWN)
    return customerRef
  }
  // One-click requests are forms; there is nothing in them that is not in the link.
  app.addContentTypeParser(
    ['application/x-www-form-urlencoded', 'multipart/form-data'],
    { parseAs: 'buffer' },
    (_request, _body, done) => done(null, undefined)
  )
  app.get<{ Params: TokenParams }>('/unsubscribe/:token', (request, reply) => {
    whose('unsubscribe', request.params.token)
    return reply.type('text/html; charset=utf-8').send(PAGE)
  })
  app.post<{ Params: TokenParams }>('/unsubscribe/:token', async (request, reply) => {
    await changePreferences(pool, whose('unsubscribe', request.params.token), { way: 'none' })
    metrics.unsubscribed.inc()
    return await reply.type('text/html; charset=utf-8').send(DONE)
  })
  app.get<{ Params: TokenParams }>('/preferences/:token', async (request) => {
    const contact = await contactOf(pool, whose('preferences', request.params.token))
    if (contact === undefined) throw new HttpError(404, 'unknown_link', UNKNOWN)
    return preferencesOf(contact)
  })
  app.patch<{ Params: TokenParams }>('/preferences/:token', async (request) => {
    const customerRef = whose('preferences', request.params.token)
    const change = parsePreferences(request.body)
    if (change.kind === 'Wrong') throw new HttpError(422, 'invalid_preferences', change.sentence)
    const preferences = await changePreferences(pool, customerRef, change.value)
    if (preferences === undefined) throw new HttpError(404, 'unknown_link', UNKNOWN)
    return preferences
  })
  promiseRoute(app, options)
}

const idParams = {
  type: 'object',
  properties: { id: { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER } }
}

/** For the shop's page of an order; reached inside the company. */
function promiseRoute(app: FastifyInstance, { pool, tracing }: RouteOptions): void {
  app.get<{ Params: { id: number } }>(
    '/api/promises/:id',
    { schema: { params: idParams } },
    async (request) => {
      tracing.aboutOrder(request.params.id)
      const { rows } = await pool.query<{ promised: Promised | null }>(
        'SELECT promised FROM customers.order WHERE order_id = $1',
        [request.params.id]
      )
      const promised = rows[0]?.promised ?? undefined
      if (promised?.kind !== 'Open')
        throw new HttpError(404, 'no_promise', `There is no promise for order ${request.params.id}.`)
      const day = new Date(promised.date - 1).toISOString().slice(0, 10)
      return {
        orderId: request.params.id,
        date: promised.dateless ? null : day,
        timesMoved: promised.told
      }
    }
  )
}
