/** Input that must be refused with its reason and kept for inspection. */
import { writeFileSync } from 'node:fs'
import { randomUUID } from 'node:crypto'
import { deadLetters, EXCHANGE } from '@alexandrite/orders'
import type { DeadLetterSummary } from '@alexandrite/orders'
import { signingKey } from '@alexandrite/orders/logistics/signature'
import { connect } from 'amqplib'
import type pg from 'pg'
import { waitUntil } from '../run.ts'
import * as carrier from './carrier.ts'
import { INBOXES } from './checks.ts'
import { drive } from './drive.ts'
import { finding } from './finding.ts'
import type { Finding } from './finding.ts'
import { BACKWARD, enter, NUMBER, UNKNOWN } from './journeys.ts'
import { RULES, RULES_WITH_A_HOLE } from './rules.ts'
import type { Stage } from './stage.ts'

/** Reasons of dead letters: each must be there for every consumer, and no other may. */
const REASONS = [
  'status: FILE_UPLOADED comes before PACKAGING; an order goes forward only',
  'status: "MELTED" is no state of an order',
  'the body is no JSON'
]

/** An order that goes back as the MES's database says, and two messages that somebody else published. */
export async function spoilEvents({ company, broker }: Stage, signal: AbortSignal): Promise<void> {
  const create = {
    text: `INSERT INTO mes.orders (id, number, source, customer_ref, material_id, quantity, due_at, created_at)
VALUES ($1, $2, 'B2B', 'nobody', 1, 1, now() + interval '21 days', now()) ON CONFLICT DO NOTHING`,
    values: [BACKWARD, `${NUMBER}back`]
  }
  const states = ['INITIATED', 'SUBMITTED', 'PACKAGING', 'FILE_UPLOADED', 'SHIPPED'] as const
  const writes = [create, ...states.map((state) => enter(BACKWARD, state))]
  await drive({
    ...{ pool: company, journeys: [{ writes }], workers: 1, rate: 10, signal },
    onWrite: () => undefined
  })
  const unknown = {
    ...{
      id: randomUUID(),
      source: 'mes',
      kind: 'status',
      orderId: UNKNOWN,
      version: 1,
      status: 'MELTED',
      order: {}
    },
    occurredAt: new Date().toISOString()
  }
  for (const body of [JSON.stringify(unknown), '{"status": "SHIP'])
    await waitUntil(() => published(broker.url, body), { what: 'a message is published', timeoutMs: 120_000 })
}

/** @throws when the broker dies meanwhile: its confirm would never come */
async function published(url: string, body: string): Promise<true> {
  const model = await connect(url, { timeout: 2000 })
  const broken = new Promise<never>((_, reject) => {
    model.on('error', reject)
    model.on('close', () => reject(new Error('the connection was closed')))
  })
  broken.catch(() => undefined)
  const send = async (): Promise<void> => {
    const channel = await model.createConfirmChannel()
    channel.on('error', () => undefined)
    channel.publish(EXCHANGE, `order.${UNKNOWN}.status`, Buffer.from(body), { persistent: true })
    await channel.waitForConfirms()
  }
  await Promise.race([send(), broken])
  await model.close()
  return true
}

export async function wrongInputFindings(stage: Stage): Promise<Finding[]> {
  return [...(await deadLetterFindings(stage)), ...(await callFindings(stage)), await rulesFinding(stage)]
}

const LETTERS_MOST = 1000

/** A message whose consumer was killed between burying and acknowledging it is buried once more. */
async function deadLetterFindings({ broker }: Stage): Promise<Finding[]> {
  const all = await Promise.all(
    INBOXES.map(({ consumer }) => deadLetters(broker.url, consumer, LETTERS_MOST))
  )
  const kept = (reason: string): number =>
    all.filter((letters) => letters.some((letter) => letter.reason === reason)).length
  const others = all.flat().filter(({ reason }: DeadLetterSummary) => !REASONS.includes(reason))
  return [
    ...REASONS.map((reason) =>
      finding(
        `refused and kept as a dead letter of every consumer: ${reason}`,
        kept(reason) === INBOXES.length,
        `${kept(reason)} of ${INBOXES.length} consumers`
      )
    ),
    finding(
      'no other event is a dead letter',
      others.length === 0,
      others.map(({ reason }) => reason).join('; ') || 'none'
    )
  ]
}

const HOUR_SECONDS = 3600
const genuine = JSON.stringify({
  type: 'parcel.accepted',
  data: { orderId: 1, occurredAt: new Date(0).toISOString() }
})

/** Calls of a carrier, and the reason that each must be refused for. */
const CALLS: readonly (readonly [reason: string, status: number, saying: () => carrier.Saying])[] = [
  ['body_malformed', 422, () => ({ id: 'wrong-body', body: '{"type": "parcel.acc' })],
  [
    'type_unknown',
    422,
    () => ({ id: 'wrong-type', body: JSON.stringify({ type: 'parcel.melted', data: {} }) })
  ],
  [
    'expired',
    401,
    () => ({ id: 'wrong-time', body: genuine, sentAt: Math.floor(Date.now() / 1000) - HOUR_SECONDS })
  ],
  [
    'signature_wrong',
    401,
    () => ({
      id: 'wrong-key',
      body: genuine,
      key: signingKey('north', `whsec_${Buffer.alloc(32, 9).toString('base64')}`)
    })
  ]
]

async function callFindings({ services, orders }: Stage): Promise<Finding[]> {
  const url = services.get('logistics')?.url ?? ''
  return await Promise.all(
    CALLS.map(async ([reason, status, saying]) => {
      const answer = await carrier.say(url, saying())
      const kept = await keptCalls(orders, reason)
      return finding(
        `a carrier's call is refused and kept: ${reason}`,
        answer.status === status && answer.body.error === reason && kept > 0,
        `answered ${answer.status}, "${answer.body.message ?? ''}"; ${kept} kept`
      )
    })
  )
}

async function keptCalls(orders: pg.Pool, reason: string): Promise<number> {
  const { rowCount } = await orders.query('SELECT FROM logistics.refused_call WHERE reason = $1', [reason])
  return rowCount ?? 0
}

/** The rules of before go on, and the service says that they are not those of the file. */
async function rulesFinding({ services, rulesFile }: Stage): Promise<Finding> {
  const usable = async (value: string): Promise<boolean> =>
    await waitUntil(
      async () => {
        const answer = await fetch(`${services.get('operators-1')?.url ?? ''}/metrics`)
        return new RegExp(`^operators_rules_usable\\{[^}]*\\} ${value}`, 'm').test(await answer.text())
      },
      { what: 'the service has looked at its rules', timeoutMs: 30_000 }
    ).catch(() => false)
  writeFileSync(rulesFile, RULES_WITH_A_HOLE)
  const refused = await usable('0')
  writeFileSync(rulesFile, RULES)
  const mended = await usable('1')
  return finding(
    'a rules file with a hole is refused, and the rules of before go on',
    refused && mended,
    `${refused ? 'refused' : 'not refused'}, ${mended ? 'and taken' : 'and not taken'} once it was mended`
  )
}
