/** What each service answers to requests that are wrong: a status, a word for programs and a sentence for people. */
import { startPostgres } from '@alexandrite/hack/services'
import type { RunningPostgres } from '@alexandrite/hack/services'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { readModelService } from '../src/crm/service.ts'
import { CRM_STEPS, SCHEMA } from '../src/crm/schema.ts'
import { CUSTOMERS, CUSTOMER_STEPS } from '../src/customers/schema.ts'
import { customersService } from '../src/customers/service.ts'
import { tokenFor } from '../src/customers/tokens.ts'
import { LOGISTICS, LOGISTICS_STEPS } from '../src/logistics/schema.ts'
import { logisticsService } from '../src/logistics/service.ts'
import { signatureOf, signingKey } from '../src/logistics/signature.ts'
import { OPERATORS, OPERATOR_STEPS } from '../src/operators/schema.ts'
import { operatorsService } from '../src/operators/service.ts'
import { migrate } from '../src/service/migrate.ts'
import { createService } from '../src/service/service.ts'
import type { Service } from '../src/service/service.ts'
import { TIMERS, TIMER_STEPS } from '../src/timers/schema.ts'

/** Nobody listens there: whatever is asked of another service fails. */
const AWAY = 'http://127.0.0.1:9'
const KEY = Buffer.alloc(32, 3)
const SECRET = 'ada@example.org'
const CARRIER = signingKey('north', `whsec_${KEY.toString('base64')}`)
const TOKENS = { token: 'of-the-crm', adminToken: 'of-the-lead' }
const JSON_TYPE = { 'content-type': 'application/json' }
const LEAD = { authorization: `Bearer ${TOKENS.adminToken}` }
const LARGE = JSON.stringify({ note: 'x'.repeat(300_000) })
const unsubscribe = `/unsubscribe/${tokenFor(KEY, 'unsubscribe', 'C-1')}`
const preferences = `/preferences/${tokenFor(KEY, 'preferences', 'C-1')}`

const NAMES = ['crm-read-model', 'orders-operators', 'orders-customers', 'orders-logistics'] as const
type Name = (typeof NAMES)[number]

let postgres: RunningPostgres
const services = new Map<Name, Service>()
const lines: string[] = []

/** Adds the routes of a service whose work is never begun: a wrong request must not need it. */
const START: Readonly<Record<Name, (service: Service) => unknown>> = {
  'crm-read-model': (service) => readModelService(service, { shopDatabaseUrl: postgres.url, ...TOKENS }),
  'orders-operators': (service) =>
    operatorsService(service, {
      ...{ rulesFile: '/nowhere', mesUrl: AWAY, pageUrl: AWAY, addresses: new Map(), smtp: undefined }
    }),
  'orders-customers': (service) =>
    customersService(service, {
      ...{ links: { key: KEY, publicUrl: AWAY }, mesUrl: AWAY, historyUrl: undefined },
      ...{ smtpUrl: 'smtp://127.0.0.1:9', mailFrom: 'orders@example.org', exampleContacts: 0 }
    }),
  'orders-logistics': (service) =>
    logisticsService(service, {
      ...{ keys: [CARRIER], crmUrl: AWAY, mesUrl: AWAY }
    })
}

beforeAll(async () => {
  postgres = await startPostgres()
  for (const name of NAMES) {
    const service = createService(
      name,
      {
        ...{ databaseUrl: postgres.url, brokerUrl: 'amqp://127.0.0.1:9', host: '127.0.0.1', port: 0 },
        ...{ databaseConnections: 3, otlpEndpoint: undefined, logLevel: 'info' }
      },
      { logTo: { write: (line) => void lines.push(line) } }
    )
    START[name](service)
    services.set(name, service)
  }
  const pool = serviceOf('crm-read-model').pool
  await migrate(pool, TIMERS, TIMER_STEPS)
  await migrate(pool, SCHEMA, CRM_STEPS)
  await migrate(pool, OPERATORS, OPERATOR_STEPS)
  await migrate(pool, CUSTOMERS, CUSTOMER_STEPS)
  await migrate(pool, LOGISTICS, LOGISTICS_STEPS)
}, 120_000)
afterAll(async () => {
  for (const service of services.values()) await service.close()
  await postgres.stop()
})

function serviceOf(name: Name): Service {
  const service = services.get(name)
  if (service === undefined) throw new Error(`${name} was not started`)
  return service
}

interface Request {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH'
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly payload?: string
}

async function answerTo(name: Name, { headers = {}, ...request }: Request) {
  const answer = await serviceOf(name).app.inject({ ...request, headers: { ...headers } })
  const { error, message } = answer.json<{ error: string; message: string }>()
  return { status: answer.statusCode, error, message }
}

const get = (url: string, headers: Record<string, string> = {}): Request => ({ method: 'GET', url, headers })
const sent = (
  method: 'POST' | 'PUT' | 'PATCH',
  url: string,
  payload: object | string,
  headers: Record<string, string> = {}
): Request => ({
  method,
  url,
  headers: { ...JSON_TYPE, ...headers },
  payload: typeof payload === 'string' ? payload : JSON.stringify(payload)
})

type Refusal = readonly [status: number, error: string, message: string]
type Wrong = readonly [what: string, request: Request, refusal: Refusal]

const wrong = (what: string, request: Request, refusal: Refusal): Wrong => [what, request, refusal]
const expected = ([status, error, message]: Refusal) => ({
  status,
  error,
  message: expect.stringContaining(message)
})
const invalid = (message: string) => [400, 'invalid_request', message] as const
const LINK = [404, 'unknown_link', 'This link is not one of ours, or not whole'] as const
const STRANGER = [401, 'not_authenticated', 'Send the token as "Authorization: Bearer TOKEN".'] as const
const step = (payload: object | string) => sent('POST', '/v1/migration', payload, LEAD)
const says = (id: string, payload: object) => sent('PUT', `/v1/migration/instances/${id}`, payload, LEAD)
const take = (id: string, payload: object | string) => sent('POST', `/api/orders/${id}/take`, payload)
const prefer = (payload: object | string) => sent('PATCH', preferences, payload)
const call = (headers: Record<string, string>): Request =>
  sent('POST', '/api/logistics/calls', { name: SECRET }, headers)
/** A genuine one, whatever it says. */
function signed(body: object): Request {
  const [id, payload, now] = ['a', JSON.stringify(body), Math.floor(Date.now() / 1000)]
  const signature = signatureOf(CARRIER, id, now, payload)
  const headers = { 'webhook-id': id, 'webhook-timestamp': String(now), 'webhook-signature': signature }
  return sent('POST', '/api/logistics/calls', payload, headers)
}
const STEPS = 'legacy, shadow, cut-over, revoked'

const TABLE: Readonly<Record<Name, readonly Wrong[]>> = {
  'crm-read-model': [
    wrong('no token', get('/v1/orders/1'), STRANGER),
    wrong('a token of nobody', get('/v1/orders/1', { authorization: 'Bearer x' }), STRANGER),
    wrong('another scheme', get('/v1/orders/1', { authorization: `Basic ${TOKENS.token}` }), STRANGER),
    wrong(
      'the CRM’s token for a step',
      sent('POST', '/v1/migration', { to: 'shadow' }, { authorization: `Bearer ${TOKENS.token}` }),
      STRANGER
    ),
    wrong('an id that is no number', get('/v1/orders/none', LEAD), invalid('params/id must be integer')),
    wrong('an id of nothing', get('/v1/orders/0', LEAD), invalid('params/id must be >= 1')),
    wrong('an id beyond all', get('/v1/orders/2147483648', LEAD), invalid('params/id must be <= 2147483647')),
    wrong('half an id', get('/v1/customers/1.5/orders', LEAD), invalid('params/id must be integer')),
    wrong('an unknown order', get('/v1/orders/7', LEAD), [
      404,
      'order_not_found',
      'There is no order 7 of the shop.'
    ]),
    wrong('a step that nobody knows', step({ to: 'tomorrow' }), invalid(`allowed values: ${STEPS}`)),
    wrong('no step', step({}), invalid("body must have required property 'to'")),
    wrong('more than a step', step({ to: 'shadow', force: true }), invalid('additional properties: force')),
    wrong('no object', step('[]'), invalid('body must be object')),
    wrong('half a body', step('{"to"'), invalid('JSON')),
    wrong('no body', { method: 'POST', url: '/v1/migration', headers: LEAD }, invalid('body must be object')),
    wrong(
      'a step of a process that nobody knows',
      says('crm-1', { step: 'x', compared: 0, different: 0 }),
      invalid(STEPS)
    ),
    wrong(
      'a count below nothing',
      says('crm-1', { step: 'legacy', compared: -1, different: 0 }),
      invalid('body/compared must be >= 0')
    ),
    wrong(
      'a name without end',
      says('x'.repeat(101), { step: 'legacy', compared: 0, different: 0 }),
      invalid('params/id must NOT have more than 100 characters')
    )
  ],
  'orders-operators': [
    wrong('no state', get('/api/board'), invalid("querystring must have required property 'status'")),
    wrong('a state that nobody knows', get('/api/board?status=MELTED'), invalid('INITIATED, FILE_UPLOADED')),
    wrong(
      'a filter that nobody knows',
      get('/api/board?status=CLOSED&page=2'),
      invalid('additional properties: page')
    ),
    wrong('a feed after nothing', get('/api/feed?after=-1'), invalid('querystring/after must be >= 0')),
    wrong('a feed after a word', get('/api/feed?after=now'), invalid('querystring/after must be integer')),
    wrong('an order that is no number', take('x', { operatorId: 1 }), invalid('params/id must be integer')),
    wrong('nobody who takes it', take('1', {}), invalid("body must have required property 'operatorId'")),
    wrong('an operator of nothing', take('1', { operatorId: 0 }), invalid('body/operatorId must be >= 1')),
    wrong('half a body', take('1', '{'), invalid('JSON')),
    wrong('a MES that is away', take('1', { operatorId: 1 }), [
      503,
      'mes_unavailable',
      'The MES does not answer'
    ]),
    wrong('operators of a MES that is away', get('/api/operators'), [
      503,
      'mes_unavailable',
      'try again soon'
    ]),
    wrong('an alarm that is not there', sent('POST', '/api/orders/1/acknowledge', { operatorId: 1 }), [
      404,
      'no_alarm',
      'Order 1 has no alarm to acknowledge.'
    ])
  ],
  'orders-customers': [
    wrong('half a link', get('/unsubscribe/abc'), LINK),
    wrong('a link that was changed', { method: 'POST', url: `${unsubscribe.slice(0, -2)}AA` }, LINK),
    wrong('a link for something else', get(unsubscribe.replace('unsubscribe', 'preferences')), LINK),
    wrong('a link of somebody who is gone', get(preferences), LINK),
    wrong('a link without end', get(`/unsubscribe/${'x'.repeat(301)}`), [414, 'invalid_request', 'max']),
    wrong('a choice that nobody knows', prefer({ colour: 'red' }), [
      422,
      'invalid_preferences',
      'there are language, way'
    ]),
    wrong('a list of choices', prefer('[]'), [422, 'invalid_preferences', 'body: no JSON object']),
    wrong('half a body', prefer('{"way"'), invalid('JSON')),
    wrong(
      'a form where choices belong',
      { ...prefer('way=none'), headers: { 'content-type': 'application/x-www-form-urlencoded' } },
      [422, 'invalid_preferences', 'body: no JSON object']
    ),
    wrong('text where choices belong', { ...prefer('way=none'), headers: { 'content-type': 'text/csv' } }, [
      415,
      'invalid_request',
      'Unsupported Media Type'
    ]),
    wrong('an order that is no number', get('/api/promises/x'), invalid('params/id must be integer')),
    wrong('an order of nothing', get('/api/promises/0'), invalid('params/id must be >= 1')),
    wrong('an order without a promise', get('/api/promises/1'), [
      404,
      'no_promise',
      'There is no promise for order 1.'
    ])
  ],
  'orders-logistics': [
    wrong('a call without a name', call({}), [400, 'header_missing', 'webhook-id: missing']),
    wrong('a call without a signature', call({ 'webhook-id': 'a', 'webhook-timestamp': '1' }), [
      400,
      'header_missing',
      'webhook-signature: missing'
    ]),
    wrong(
      'a call at no time',
      call({ 'webhook-id': 'a', 'webhook-timestamp': 'now', 'webhook-signature': 'v1,x' }),
      [400, 'header_malformed', 'webhook-timestamp: whole seconds since 1970']
    ),
    wrong(
      'a call of a stranger',
      call({
        'webhook-id': 'a',
        'webhook-timestamp': '1',
        'webhook-signature': `v1,${KEY.toString('base64')}`
      }),
      [401, 'signature_wrong', 'none of them is made with a key']
    ),
    wrong('a type that nobody knows', signed({ type: 'parcel.melted' }), [
      422,
      'type_unknown',
      'one of parcel.accepted, parcel.delivered'
    ]),
    wrong('an order of nothing', signed({ type: 'parcel.accepted', data: { orderId: 0 } }), [
      422,
      'body_malformed',
      'data.orderId: a whole number from 1'
    ]),
    wrong(
      'an order that nobody can be asked for',
      signed({ type: 'parcel.accepted', data: { orderId: 7, occurredAt: new Date().toISOString() } }),
      [503, 'mes_unavailable', 'send the call again']
    )
  ]
}

const LARGE_AT: Readonly<Record<Name, Request>> = {
  'crm-read-model': step(LARGE),
  'orders-operators': take('1', LARGE),
  'orders-customers': prefer(LARGE),
  'orders-logistics': sent('POST', '/api/logistics/calls', LARGE)
}

describe.each(NAMES)('%s', (name) => {
  it.each(TABLE[name])('refuses %s', async (_, request, refusal) => {
    expect(await answerTo(name, request)).toEqual(expected(refusal))
  })

  it('refuses a body that is too large', async () => {
    expect(await answerTo(name, LARGE_AT[name])).toMatchObject({ status: 413, error: 'invalid_request' })
  })

  it.each([
    wrong('what is not there', get(`/nothing?of=${SECRET}`), [
      404,
      'not_found',
      'There is no GET /nothing here.'
    ]),
    wrong('a way in which nobody asks', sent('POST', '/readyz', {}), [
      404,
      'not_found',
      'There is no POST /readyz here.'
    ]),
    wrong('an address that cannot be read', get('/%'), invalid('is not a valid url component'))
  ])('says no to %s', async (_, request, refusal) => {
    expect(await answerTo(name, request)).toEqual(expected(refusal))
  })
})

it('no line repeats what was sent', () => {
  expect(lines.length).toBeGreaterThan(0)
  expect(lines.join('')).not.toMatch(/ada@|of-the-|whsec_/)
})
