import { readFileSync } from 'node:fs'
import {
  deadLetters,
  installOutbox,
  OutboxError,
  outboxStatus,
  RedriveError,
  removeOutbox,
  replay
} from '@alexandrite/orders'
import type { DeadLetterSummary, EventSource, OutboxStatus } from '@alexandrite/orders'
import { Option } from 'commander'
import type { Command } from 'commander'
import pg from 'pg'
import { collect } from '../arguments.ts'
import { EXIT, negative, sentence, usageError } from '../errors.ts'
import type { Output } from '../output.ts'
import { table } from '../output.ts'
import { addExamples } from './help.ts'

/** `alexandrite orders` */
export function addOrders(program: Command, output: Output): void {
  const orders = program
    .command('orders')
    .summary('events of orders: their outbox, dead letters and replay')
    .description(
      'Puts outboxes into databases and takes them out, and handles the dead letters of consumers.'
    )
  const outbox = orders
    .command('outbox')
    .summary('the outbox in the database of a service')
    .description(
      'An outbox is a schema with triggers that note each change of an order in the transaction of the change. The application and its tables stay as they are.'
    )
  addInstall(outbox, output)
  addRemove(outbox, output)
  addStatus(outbox, output)
  addDead(orders, output)
  addReplay(orders, output)
}

interface OutboxOptions {
  readonly databaseUrlFile: string
  readonly source: EventSource
}

const withDatabase = (command: Command): Command =>
  command
    .requiredOption(
      '--database-url-file <file>',
      'file with the URL of the database, postgres://user@host:port/database'
    )
    .addOption(
      new Option('--source <source>', 'whose database it is').choices(['mes', 'shop']).makeOptionMandatory()
    )

function addInstall(outbox: Command, output: Output): void {
  const command = withDatabase(outbox.command('install'))
    .summary('put it in, or bring it up to date')
    .description(
      'Puts the outbox into the database in one transaction; as often as you like. A trigger needs its table for a moment: behind a long transaction this gives up after five seconds and changes nothing.'
    )
    .action(async ({ databaseUrlFile, source }: OutboxOptions) => {
      show(await onDatabase(databaseUrlFile, (client) => installOutbox(client, source)), output)
    })
  addExamples(command, {
    examples: ['alexandrite orders outbox install --source mes --database-url-file mes-url'],
    exit: { [EXIT.ok]: 'the outbox is there', [EXIT.negative]: 'it is not; nothing was changed' }
  })
}

function addRemove(outbox: Command, output: Output): void {
  const command = withDatabase(outbox.command('remove'))
    .summary('take it out')
    .description(
      'Removes triggers, functions and events. The versions of orders stay, so that an outbox that is installed later goes on with them; --forget-versions removes those too, and the schema with them.'
    )
    .option('--drop-unpublished', 'also while events wait for the relay: they are lost')
    .option(
      '--forget-versions',
      'leave nothing behind; consumers take later events for repetitions until their inbox is emptied'
    )
    .action(async (options: OutboxOptions & { dropUnpublished?: true; forgetVersions?: true }) => {
      const { databaseUrlFile, source, dropUnpublished, forgetVersions } = options
      const status = await onDatabase(databaseUrlFile, (client) =>
        removeOutbox(client, source, {
          what: forgetVersions ? 'Everything' : 'ButVersions',
          unpublished: dropUnpublished ? 'Drop' : 'Keep'
        })
      )
      show(status, output)
    })
  addExamples(command, {
    examples: ['alexandrite orders outbox remove --source mes --database-url-file mes-url'],
    exit: { [EXIT.ok]: 'the outbox is gone', [EXIT.negative]: 'it is not; nothing was changed' }
  })
}

function addStatus(outbox: Command, output: Output): void {
  const command = withDatabase(outbox.command('status'))
    .summary('what is there, and what waits')
    .description('Prints the triggers, how many events wait for the relay and for how long.')
    .action(async ({ databaseUrlFile, source }: OutboxOptions) => {
      const status = await onDatabase(databaseUrlFile, (client) => outboxStatus(client, source))
      show(status, output)
      if (status.triggers.some(({ installed }) => !installed))
        throw negative(`the outbox of ${source} is not complete`)
    })
  addExamples(command, {
    examples: ['alexandrite orders outbox status --source shop --database-url-file shop-url'],
    exit: { [EXIT.ok]: 'the outbox is complete', [EXIT.negative]: 'it is missing, or a part of it' }
  })
}

function show({ schema, triggers, backlog, oldestSeconds, orders }: OutboxStatus, output: Output): void {
  const rows = triggers.map(({ name, table: on, installed }) => [
    `${name} on ${on}`,
    installed ? output.paint('green', 'installed') : output.paint('yellow', 'not there')
  ])
  const waits =
    backlog === undefined ? 'no outbox' : `${backlog}, the oldest for ${oldestSeconds.toFixed(1)} s`
  rows.push([`${schema}: events that wait for the relay`, waits], ['orders with events', String(orders)])
  for (const line of table(rows)) output.out(line)
}

interface BrokerOptions {
  readonly amqpUrlFile: string
  readonly consumer: string
  readonly limit: string
}

const withBroker = (command: Command, limit: string): Command =>
  command
    .requiredOption(
      '--amqp-url-file <file>',
      'file with the URL of RabbitMQ, amqp://user:password@host:port/vhost'
    )
    .requiredOption('--consumer <name>', 'name of the consumer, as crm')
    .option('--limit <count>', 'the most messages, the oldest first', limit)

function addDead(orders: Command, output: Output): void {
  const command = withBroker(orders.command('dead'), '50')
    .summary('list the dead letters of a consumer')
    .description(
      'Lists dead letters with their reasons, without their bodies. All of them stay where they are.'
    )
    .option('--json', 'print them as JSON')
    .action(async ({ amqpUrlFile, consumer, limit, json }: BrokerOptions & { json?: true }) => {
      const most = countOf(limit)
      const letters = await onBroker(amqpUrlFile, (url) => deadLetters(url, consumer, most))
      if (json) output.out(JSON.stringify(letters, null, 2))
      else for (const line of table(letters.map(row))) output.out(line)
      if (letters.length > 0) throw negative(`${letters.length} dead letters of ${consumer}`)
    })
  addExamples(command, {
    examples: ['alexandrite orders dead --consumer crm --amqp-url-file amqp-url'],
    exit: { [EXIT.ok]: 'there is none', [EXIT.negative]: 'there are some, or the broker cannot be asked' }
  })
}

function addReplay(orders: Command, output: Output): void {
  const command = withBroker(orders.command('replay'), '1000')
    .summary('send dead letters to their consumer again')
    .description(
      'Sends dead letters to the queue of their consumer, the oldest first. Their orders have gone on meanwhile: each has its effect late, and once, however often it is sent. Ctrl-C stops between two.'
    )
    .option('--id <id>', 'only this event; may be repeated', collect)
    .action(async ({ amqpUrlFile, consumer, limit, id }: BrokerOptions & { id?: string[] }) => {
      const over = new AbortController()
      const stop = (): void => over.abort()
      process.once('SIGINT', stop)
      try {
        const options = { ids: id, limit: countOf(limit), signal: over.signal }
        const { sent, left } = await onBroker(amqpUrlFile, (url) => replay(url, consumer, options))
        for (const line of table(sent.map(row))) output.out(line)
        output.err(`${sent.length} sent to ${consumer} again, ${left} left`)
        if (id !== undefined && sent.length < id.length)
          throw negative('not all of these are among the dead letters')
      } finally {
        process.removeListener('SIGINT', stop)
      }
    })
  addExamples(command, {
    examples: [
      'alexandrite orders replay --consumer crm --amqp-url-file amqp-url',
      'alexandrite orders replay --consumer crm --amqp-url-file amqp-url --id 3f0c9a52-…'
    ],
    exit: { [EXIT.ok]: 'what was asked for was sent', [EXIT.negative]: 'something of it was not there' }
  })
}

const row = ({ id, orderId, version, reason, at }: DeadLetterSummary): string[] => [
  id,
  orderId === undefined ? 'no order' : `order ${orderId}, version ${version ?? ''}`,
  at,
  reason
]

function countOf(text: string): number {
  const count = Number(text)
  if (!Number.isInteger(count) || count < 1)
    throw usageError(`--limit is "${text}"; give a whole number from 1`)
  return count
}

function urlIn(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw usageError(`${file} cannot be read: give a file that holds the URL`, error)
  }
}

async function onDatabase<T>(file: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const url = urlIn(file)
  if (!/^postgres(ql)?:\/\//.test(url))
    throw usageError(
      `${file} holds no address of PostgreSQL; write postgres://user@host:port/database into it`
    )
  const client = new pg.Client({ connectionString: url, application_name: 'alexandrite orders' })
  // What breaks the connection is told by the statement that waits.
  client.on('error', () => undefined)
  try {
    await client.connect()
    return await work(client)
  } catch (error) {
    throw error instanceof OutboxError
      ? negative(error.message)
      : negative(`the database that ${file} names: ${sentence(error)}`, error)
  } finally {
    await client.end()
  }
}

async function onBroker<T>(file: string, work: (url: string) => Promise<T>): Promise<T> {
  const url = urlIn(file)
  if (!/^amqps?:\/\//.test(url))
    throw usageError(
      `${file} holds no address of RabbitMQ; write amqp://user:password@host:port/vhost into it`
    )
  try {
    return await work(url)
  } catch (error) {
    throw error instanceof RedriveError
      ? negative(error.message)
      : negative(`the broker that ${file} names: ${sentence(error)}`, error)
  }
}
