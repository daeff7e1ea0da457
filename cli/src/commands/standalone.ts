import type { Command } from 'commander'
import type { Address } from '../arguments.ts'
import { collectByTier, parseAddress, parseOrigin, redisOption } from '../arguments.ts'
import { adminToken } from '../admin-token.ts'
import { EXIT, usageError } from '../errors.ts'
import type { Output } from '../output.ts'
import { untilSignal } from '../signals.ts'
import type { Reporter } from '../standalone/reporter.ts'
import { reporter } from '../standalone/reporter.ts'
import type { FolderState } from '../standalone/tier-folder.ts'
import { problemTeller, TierFolder } from '../standalone/tier-folder.ts'
import { missingBrokers, missingOrigin, TierSet } from '../standalone/tier-set.ts'
import type { TierSetOptions } from '../standalone/tier-set.ts'
import { addExamples } from './help.ts'

interface StandaloneOptions {
  readonly file: string
  readonly origin?: ReadonlyMap<string, string>
  readonly listen?: ReadonlyMap<string, Address>
  readonly admin?: ReadonlyMap<string, Address>
  readonly redis?: string
  readonly amqpUrlFile?: ReadonlyMap<string, string>
  readonly events: boolean
  readonly tokenFile?: string
  readonly json?: true
}

/** `alexandrite standalone` */
export function addStandalone(program: Command, output: Output): void {
  const command = program
    .command('standalone')
    .summary('run the tiers of a folder on this machine, without Kubernetes')
    .description(
      'Runs each CacheTier of a folder as a process in front of the application you name, and follows the files: a new tier starts, a changed policy takes effect without a restart, a removed tier stops. A broken file changes nothing that runs.'
    )
    .requiredOption('-f, --file <folder>', 'folder (or file) with CacheTiers')
    .option(
      '-o, --origin <tier=url>',
      "NAMESPACE/NAME=URL: a tier's application; needed for each tier",
      collectByTier(parseOrigin)
    )
    .option(
      '-l, --listen <tier=address>',
      'NAMESPACE/NAME=HOST:PORT: where a tier listens; without one, a free port on 127.0.0.1',
      collectByTier(parseAddress)
    )
    .option(
      '-a, --admin <tier=address>',
      "NAMESPACE/NAME=HOST:PORT: a tier's admin port; without one, a free port on 127.0.0.1",
      collectByTier(parseAddress)
    )
    .option(
      '--redis <url>',
      'Redis behind all tiers; without one, each keeps its answers in memory, up to spec.store.maxMemory'
    )
    .option(
      '--token-file <file>',
      'bearer token of purge; without one, ALEXANDRITE_ADMIN_TOKEN, else a new one in a file that is named at the start'
    )
    .option(
      '--amqp-url-file <tier=file>',
      'NAMESPACE/NAME=FILE: file with the amqp:// or amqps:// URL of the broker whose events a tier names; needed for each such tier',
      collectByTier((file) => file)
    )
    .option(
      '--no-events',
      'run tiers that name events without them, where there is no broker: what is written past a tier shows when the ttl ends'
    )
    .option('--json', 'print events as JSON, one a line')
    .action(async (options: StandaloneOptions) => {
      await standalone(options, output)
    })
  addExamples(command, {
    examples: [
      'alexandrite standalone -f tiers/ --origin mes/mes-api=http://127.0.0.1:8080',
      'alexandrite standalone -f tiers/ -o mes/mes-api=http://127.0.0.1:8080 -l mes/mes-api=127.0.0.1:9080 --redis redis://127.0.0.1:6379'
    ],
    exit: { [EXIT.ok]: 'stopped by Ctrl-C or SIGTERM, after the requests in flight' }
  })
}

async function standalone(options: StandaloneOptions, output: Output): Promise<void> {
  const folder = new TierFolder(options.file)
  const first = folder.read()
  const missing = [...first.tiers.keys()].filter((key) => !options.origin?.has(key))
  if (missing.length > 0) throw usageError(missingOrigin(missing))
  const events = eventsOf(options, first)
  const redis = redisOption(options.redis)

  const stopped = untilSignal()
  const report = reporter(output, options.json ? 'json' : 'text')
  const token = adminToken(options.tokenFile)
  const tiers = new TierSet({
    origins: options.origin ?? new Map<string, string>(),
    listen: options.listen ?? new Map<string, Address>(),
    admin: options.admin ?? new Map<string, Address>(),
    ...events,
    ...redis,
    adminToken: token.token,
    report
  })
  const watching = new AbortController()
  try {
    if (token.file !== undefined) report({ event: 'token', file: token.file })
    follow(folder, first, { tiers, report, signal: watching.signal })
    await stopped
  } finally {
    watching.abort()
    await tiers.stop()
    token.remove()
  }
}

/** @throws when a tier names events whose broker nobody named */
function eventsOf(
  { events, amqpUrlFile: amqpUrlFiles = new Map() }: StandaloneOptions,
  { tiers }: FolderState
): Pick<TierSetOptions, 'events' | 'amqpUrlFiles'> {
  const missing = events ? missingBrokers(tiers, amqpUrlFiles) : []
  if (missing.length > 0) throw usageError(missing.join('\n'))
  return { amqpUrlFiles, events: events ? 'Heard' : 'LeftOut' }
}

interface Following {
  readonly tiers: TierSet
  readonly report: Reporter
  readonly signal: AbortSignal
}

/** Makes the running tiers what the folder says, now and after each change. */
function follow(folder: TierFolder, first: FolderState, { tiers, report, signal }: Following): void {
  const tell = problemTeller(report)
  const take = (state: FolderState) => {
    tell(state)
    void tiers.apply(state.tiers)
  }
  take(first)
  if (first.tiers.size === 0) report({ event: 'problem', message: 'no good CacheTier in the folder yet' })
  folder.watch(take, signal)
}
