import type { CacheTier } from '@alexandrite/api'
import { compile, PROXY_PORT } from '@alexandrite/api'
import type { Command } from 'commander'
import { Option } from 'commander'
import { adminToken } from '../admin-token.ts'
import type { Address } from '../arguments.ts'
import { formatAddress, parseAddress, parseOrigin, redisOption } from '../arguments.ts'
import { EXIT, negative, sentence } from '../errors.ts'
import type { Output } from '../output.ts'
import { untilSignal } from '../signals.ts'
import type { LocalTier, RunningTier } from '../run-tier.ts'
import type { Event, Reporter } from '../standalone/reporter.ts'
import { reporter } from '../standalone/reporter.ts'
import { problemTeller, TierFolder } from '../standalone/tier-folder.ts'
import { memoryOf } from '../standalone/tier-set.ts'
import { readOneTier, tierKey } from '../tier-files.ts'
import { addExamples } from './help.ts'

interface CacheOptions {
  readonly origin: string
  readonly listen: Address
  readonly file?: string
  readonly tier?: string
  readonly redis?: string
  readonly admin?: Address
  readonly tokenFile?: string
  readonly amqpUrlFile?: string
  readonly json?: true
}

const DEFAULT_LISTEN: Address = { host: '127.0.0.1', port: PROXY_PORT }
/** Without a policy file and without a Redis: what a tier in a pod would hold. */
const DEFAULT_MEMORY_BYTES = 128 * 1024 * 1024

/** `alexandrite cache` */
export function addCache(program: Command, output: Output): void {
  const command = program
    .command('cache')
    .summary('run one tier in this terminal')
    .description(
      'Runs one cache tier in front of an application. Without a CacheTier file it is a plain HTTP cache (RFC 9111); with one, edits of the file take effect without a restart.'
    )
    .requiredOption('-o, --origin <url>', 'the application, http://HOST:PORT', parseOrigin)
    .addOption(
      new Option('-l, --listen <address>', 'HOST:PORT to listen on')
        .argParser(parseAddress)
        .default(DEFAULT_LISTEN, formatAddress(DEFAULT_LISTEN))
    )
    .option('-f, --file <file>', 'file with the CacheTier')
    .option('--tier <namespace/name>', 'the tier, when the file has several')
    .option('--redis <url>', 'Redis behind the memory, redis://HOST:PORT or unix:///PATH')
    .option('-a, --admin <address>', 'HOST:PORT of health, metrics, stats and purge', parseAddress)
    .option(
      '--token-file <file>',
      'bearer token of purge; without one, ALEXANDRITE_ADMIN_TOKEN, else a new one in a file that is named at the start'
    )
    .option(
      '--amqp-url-file <file>',
      'file with the amqp:// or amqps:// URL of the broker whose events the CacheTier names'
    )
    .option('--json', 'print events as JSON, one a line')
    .action(async (options: CacheOptions) => {
      await cache(options, output)
    })
  addExamples(command, {
    examples: [
      'alexandrite cache --origin http://127.0.0.1:8080 --listen 127.0.0.1:9080',
      'alexandrite cache -o http://127.0.0.1:8080 -f tiers/mes-api.yaml --admin 127.0.0.1:15081'
    ],
    exit: {
      [EXIT.ok]: 'stopped by Ctrl-C or SIGTERM, after the requests in flight',
      [EXIT.negative]: 'the tier cannot start, for example because the port is taken'
    }
  })
}

async function cache(options: CacheOptions, output: Output): Promise<void> {
  const tier = options.file === undefined ? undefined : readOneTier(options.file, options.tier)
  const { amqpUrlFile } = options
  const secrets = { ...redisOption(options.redis), ...(amqpUrlFile !== undefined && { amqpUrlFile }) }
  const stopped = untilSignal()
  const report = reporter(output, options.json ? 'json' : 'text')
  const token = options.admin === undefined ? undefined : adminToken(options.tokenFile)
  const watching = new AbortController()
  try {
    const running = await start(options, tier, { ...secrets, ...(token && { adminToken: token.token }) })
    if (token?.file !== undefined) report({ event: 'token', file: token.file })
    report(startedEvent(options, tier, running))
    if (tier !== undefined) follow(options, tier, { running, report, signal: watching.signal })
    await stopped
    await running.close()
    report({ event: 'stopped', tier: nameOf(tier) })
  } finally {
    watching.abort()
    token?.remove()
  }
}

const nameOf = (tier: CacheTier | undefined): string => (tier === undefined ? 'local/cache' : tierKey(tier))

function startedEvent(options: CacheOptions, tier: CacheTier | undefined, running: RunningTier): Event {
  const { listen, admin } = running
  const addresses = { listen, ...(admin && { admin }), origin: options.origin }
  return { event: 'started', tier: nameOf(tier), ...addresses, ...(tier && { policy: compile(tier).hash }) }
}

/** The proxy is loaded here, so that the other commands start without it. */
async function start(
  options: CacheOptions,
  tier: CacheTier | undefined,
  secrets: Pick<LocalTier, 'redisUrl' | 'adminToken' | 'amqpUrlFile'>
): Promise<RunningTier> {
  const { runTier } = await import('../run-tier.ts')
  const { listen, admin, origin } = options
  const memoryBytes = tier === undefined ? DEFAULT_MEMORY_BYTES : memoryOf(tier)
  try {
    return await runTier({
      tier: nameOf(tier),
      listen,
      origin,
      memoryBytes,
      ...(admin && { admin }),
      ...(tier && { policy: compile(tier) }),
      ...secrets
    })
  } catch (error) {
    throw negative(`cannot listen on ${formatAddress(listen)}: ${sentence(error)}`, error)
  }
}

interface Following {
  readonly running: RunningTier
  readonly report: Reporter
  readonly signal: AbortSignal
}

/** Edits of the file become the policy at once; a broken or missing tier leaves the last good policy. */
function follow(options: CacheOptions, tier: CacheTier, { running, report, signal }: Following): void {
  const key = tierKey(tier)
  let hash = compile(tier).hash
  const file = new TierFolder(options.file ?? '')
  const tell = problemTeller(report)
  file.read()
  file.watch((state) => {
    tell(state)
    const changed = state.tiers.get(key)
    if (changed === undefined) {
      report({
        event: 'problem',
        message: `tier ${key} is not in ${options.file} any more; its last policy stays`
      })
      return
    }
    const policy = compile(changed)
    if (policy.hash === hash) return
    hash = policy.hash
    running.setPolicy(policy)
    report({ event: 'policy', tier: key, policy: hash })
  }, signal)
}
