import type { Command } from 'commander'
import { askAdmin, errorOf, readToken, TOKEN_VARIABLE } from '../admin-client.ts'
import type { AdminAnswer } from '../admin-client.ts'
import { collect, parseAdminUrl } from '../arguments.ts'
import { EXIT, negative, usageError } from '../errors.ts'
import type { Output } from '../output.ts'
import { table } from '../output.ts'
import { addExamples } from './help.ts'

interface PurgeOptions {
  readonly admin: string
  readonly tokenFile?: string
  readonly key?: string[]
  readonly tag?: string[]
  readonly all?: true
  readonly json?: true
}

/** What a pod said to a purge. */
interface PodAnswer {
  readonly pod: string
  readonly acknowledged: boolean
  readonly error?: string
}
interface PurgeResult {
  readonly purged?: number
  readonly pods: readonly PodAnswer[]
}

/** `alexandrite purge` */
export function addPurge(program: Command, output: Output): void {
  const command = program
    .command('purge')
    .summary('make stored answers stale, in every pod of a tier')
    .description(
      'Makes stored answers of a tier stale by key, by tag or all of them, in every pod, and prints what each pod said.'
    )
    .requiredOption('--admin <url>', 'admin port of any pod of the tier', parseAdminUrl)
    .option('--token-file <file>', `file with the bearer token; without one, ${TOKEN_VARIABLE} is used`)
    .option('-k, --key <key>', 'purge the answer with this key (see explain); may be repeated', collect)
    .option('-t, --tag <tag>', 'purge the answers with this tag; may be repeated', collect)
    .option('--all', 'purge everything in the tier')
    .option('--json', "print the pods' answers as JSON")
    .action(async (options: PurgeOptions) => {
      await purge(options, output)
    })
  addExamples(command, {
    examples: [
      'alexandrite purge --admin http://127.0.0.1:15081 --token-file token --tag orders',
      `${TOKEN_VARIABLE}=… alexandrite purge --admin http://127.0.0.1:15081 --all`
    ],
    exit: {
      [EXIT.ok]: 'every pod acknowledged',
      [EXIT.negative]: 'a pod did not acknowledge, or nobody answered, or the token is not the right one'
    }
  })
}

async function purge(options: PurgeOptions, output: Output): Promise<void> {
  const body = purgeBody(options)
  const token = readToken(options.tokenFile)
  if (token === undefined) {
    throw usageError(`no token: give --token-file FILE or set ${TOKEN_VARIABLE}`)
  }
  const answer = await askAdmin(options.admin, { method: 'POST', path: '/purge', token, body })
  const result = readResult(answer)
  if (result === undefined) throw negative(`purge refused by ${options.admin}: ${errorOf(answer)}`)
  if (options.json) output.out(JSON.stringify(result, null, 2))
  else for (const line of table(podRows(result, output))) output.out(line)
  const silent = result.pods.filter((pod) => !pod.acknowledged)
  if (silent.length > 0) {
    throw negative(
      `${silent.length} of ${result.pods.length} pods did not acknowledge and may serve old answers; purge again`
    )
  }
  if (answer.status >= 300) throw negative(`purge refused by ${options.admin}: ${errorOf(answer)}`)
}

function purgeBody({ key, tag, all }: PurgeOptions): object {
  const named = key !== undefined || tag !== undefined
  if (all && named) throw usageError('--all goes alone; leave --key and --tag away')
  if (!all && !named) throw usageError('nothing to purge: give --key, --tag or --all')
  return { ...(key && { keys: key }), ...(tag && { tags: tag }), ...(all && { all }) }
}

function readResult({ body }: AdminAnswer): PurgeResult | undefined {
  if (typeof body !== 'object' || body === null || !('pods' in body) || !Array.isArray(body.pods))
    return undefined
  return body as PurgeResult
}

function podRows({ pods }: PurgeResult, output: Output): string[][] {
  return pods.map(({ pod, acknowledged, error }) => [
    pod,
    acknowledged
      ? output.paint('green', 'acknowledged')
      : output.paint('red', `did not acknowledge${error === undefined ? '' : `: ${error}`}`)
  ])
}
