/** `alexandrite orders crm …`: leads the CRM out of the Shop's database, step by step. */
import { Argument } from 'commander'
import type { Command } from 'commander'
import { makeRoles, revoke, STEPS } from '@alexandrite/orders/crm/admin'
import type { MigrationStatus, Step } from '@alexandrite/orders/crm/admin'
import { askAdmin, readToken, TOKEN_VARIABLE } from '../admin-client.ts'
import type { AdminAnswer } from '../admin-client.ts'
import { parseReadModelUrl } from '../arguments.ts'
import { EXIT, negative, sentence, usageError } from '../errors.ts'
import type { Output } from '../output.ts'
import { table } from '../output.ts'
import { addExamples } from './help.ts'

const SHOP_VARIABLE = 'SHOP_ADMIN_DATABASE_URL'
const LEGACY_VARIABLE = 'CRM_LEGACY_PASSWORD'
const READER_VARIABLE = 'CRM_READER_PASSWORD'
const READ_MODEL = 'the service crm-read-model'

interface AskOptions {
  readonly readModel: string
  readonly tokenFile?: string
  readonly json?: true
}

/** Below `alexandrite orders`, which it makes where it is not there yet. */
export function addOrdersCrm(program: Command, output: Output): void {
  const orders =
    program.commands.find((command) => command.name() === 'orders') ??
    program.command('orders').description('The services around orders.')
  const crm = orders.command('crm').description("The CRM's way out of the Shop's database.")
  addRoles(crm, output)
  addStatus(crm, output)
  addStep(crm, output)
}

function addRoles(crm: Command, output: Output): void {
  const command = crm
    .command('roles')
    .summary('make the database roles of the CRM and of its read model')
    .description(
      `Makes the roles crm_legacy (what the CRM did in the Shop's database, and no more) and crm_reader (reads for the ` +
        `read model), or sets them right. ${SHOP_VARIABLE} is the Shop's database as its owner; the passwords come ` +
        `from ${LEGACY_VARIABLE} and ${READER_VARIABLE}.`
    )
    .action(async () => {
      const passwords = { legacy: variable(LEGACY_VARIABLE), reader: variable(READER_VARIABLE) }
      const url = shopUrl()
      await atShop(() => makeRoles(url, passwords))
      output.out('crm_legacy and crm_reader are as they should be')
    })
  addExamples(command, {
    examples: ['alexandrite orders crm roles'],
    exit: {
      [EXIT.ok]: 'both roles are there',
      [EXIT.negative]: 'the database refused, or crm_legacy was revoked'
    }
  })
}

const asking = (command: Command): Command =>
  command
    .requiredOption('--read-model <url>', `${READ_MODEL}, such as http://127.0.0.1:8086`, parseReadModelUrl)
    .option('--token-file <file>', `file with the admin token; without one, ${TOKEN_VARIABLE} is used`)

function addStatus(crm: Command, output: Output): void {
  const command = asking(crm.command('status'))
    .summary('the step that counts, and what stands in the way of the next')
    .description(
      'Shows the step that counts, how far the copy is, which processes of the CRM act by which step, what still connects ' +
        "to the Shop's database as the CRM, and what stands in the way of the next step."
    )
    .option('--json', 'print it as JSON')
    .action(async (options: AskOptions) => {
      const status = await ask(options, { method: 'GET' })
      if (options.json) output.out(JSON.stringify(status, null, 2))
      else for (const line of statusLines(status, output)) output.out(line)
    })
  addExamples(command, {
    examples: ['alexandrite orders crm status --read-model http://127.0.0.1:8086 --token-file token'],
    exit: { [EXIT.ok]: 'it was shown', [EXIT.negative]: 'nobody answered, or the token is not the right one' }
  })
}

function addStep(crm: Command, output: Output): void {
  const command = asking(crm.command('step'))
    .summary('take a step of the migration, or go back')
    .addArgument(new Argument('<step>', 'the step to take').choices([...STEPS]))
    .description(
      'Takes the next step, when nothing stands in its way, or goes back to any earlier one. The CRM follows within a second ' +
        `and without a restart. "revoked" is the last: it takes the role crm_legacy away, for which ${SHOP_VARIABLE} is the ` +
        "Shop's database as its owner. There is no way back from it."
    )
    .action(async (to: Step, options: AskOptions) => {
      const url = to === 'revoked' ? shopUrl() : undefined
      await ask(options, { method: 'POST', body: { to } })
      output.out(`the step ${to} counts from now on`)
      if (url === undefined) return
      const ended = await atShop(() => revoke(url), '; the same command again makes up for it')
      output.out(`crm_legacy is revoked; ${ended} session(s) of it were ended`)
    })
  addExamples(command, {
    examples: [
      'alexandrite orders crm step shadow --read-model http://127.0.0.1:8086 --token-file token',
      'alexandrite orders crm step revoked --read-model http://127.0.0.1:8086 --token-file token'
    ],
    exit: {
      [EXIT.ok]: 'the step was taken',
      [EXIT.negative]: 'something stands in its way: each reason is a line; or the database refused'
    }
  })
}

/** A secret never stands on a command line, where everyone on the machine can read it. */
function variable(name: string): string {
  const value = process.env[name] ?? ''
  if (value === '') throw usageError(`${name} is missing; set it in the environment`)
  return value
}

function shopUrl(): string {
  const url = variable(SHOP_VARIABLE)
  const protocol = URL.parse(url)?.protocol
  if (protocol === 'postgres:' || protocol === 'postgresql:') return url
  throw usageError(
    `${SHOP_VARIABLE} is no address of PostgreSQL; write postgres://owner:password@host:port/database`
  )
}

async function atShop<T>(work: () => Promise<T>, mend = ''): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw negative(`the Shop's database: ${sentence(error)}${mend}`, error)
  }
}

async function ask(
  { readModel, tokenFile }: AskOptions,
  request: { readonly method: 'GET' | 'POST'; readonly body?: object }
): Promise<MigrationStatus> {
  const token = readToken(tokenFile)
  if (token === undefined) throw usageError(`no token: give --token-file FILE or set ${TOKEN_VARIABLE}`)
  const answer = await askAdmin(readModel, { path: '/v1/migration', token, whom: READ_MODEL, ...request })
  if (answer.status >= 300) throw negative(refusal(readModel, answer))
  return answer.body as MigrationStatus
}

function refusal(readModel: string, { status, body }: AdminAnswer): string {
  const message =
    typeof body === 'object' && body !== null && 'message' in body ? String(body.message) : undefined
  return `${readModel} says no (${status}): ${message ?? 'without a reason'}`
}

function statusLines(
  { step, snapshot, facts, legacySessions, next }: MigrationStatus,
  output: Output
): string[] {
  const { lagSeconds, reconciled, instances } = facts
  const pass =
    reconciled &&
    `${Math.round(reconciled.secondsAgo)} s ago, ${reconciled.unrepaired} order(s) left different`
  const rows = [
    ['step', output.paint('bold', step)],
    ['copy', `${snapshot.state.toLowerCase()}, ${snapshot.copied} orders`],
    ['behind', lagSeconds === undefined ? 'unknown' : `${lagSeconds.toFixed(1)} s`],
    ['last comparison', pass ?? 'none yet'],
    ...instances.map(({ id, step: at, compared, different, secondsSinceSeen }) => [
      `CRM ${id}`,
      `${at}, ${compared} answers compared, ${different} different, seen ${secondsSinceSeen.toFixed(0)} s ago`
    ]),
    ...legacySessions.map(({ application, sessions }) => [
      'still connects',
      `${sessions} × ${application || '(no name)'}`
    ])
  ]
  const ahead =
    next === undefined
      ? []
      : next.reasons.length === 0
        ? [`next: ${next.step}, nothing in its way`]
        : [`next: ${next.step}, but`]
  return [...table(rows), ...ahead, ...(next?.reasons ?? []).map((reason) => `  - ${reason}`)]
}
