import type { Policy } from '@alexandrite/api'
import { compile, formatDuration } from '@alexandrite/api'
import type { Explanation } from '@alexandrite/proxy/tier/explain'
import type { Command } from 'commander'
import { Option } from 'commander'
import { askAdmin, errorOf } from '../admin-client.ts'
import { collectHeader, parseAdminUrl } from '../arguments.ts'
import { EXIT, negative, silentNo, usageError } from '../errors.ts'
import type { Output } from '../output.ts'
import { table } from '../output.ts'
import { readOneTier } from '../tier-files.ts'
import { addExamples } from './help.ts'

interface ExplainOptions {
  readonly file?: string
  readonly tier?: string
  readonly admin?: string
  readonly method: string
  readonly header?: Readonly<Record<string, string>>
  readonly json?: true
}

interface AskedRequest {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

/** What a successful unsafe request makes stale. */
interface Purges {
  readonly keys: readonly string[]
  readonly tags: readonly string[]
}

/** `alexandrite explain` */
export function addExplain(program: Command, output: Output): void {
  const command = program
    .command('explain')
    .argument('<url>', 'a whole URL, or a path with its query')
    .summary('tell what a tier would make of a request')
    .description(
      'Tells which rule, key, tags and freshness a request would get, and why; of a write, what it would make stale. Sends nothing: the same code decides as in the proxy.'
    )
    .option('-f, --file <file>', 'file with the CacheTier; without one, plain HTTP caching')
    .option('--tier <namespace/name>', 'the tier, when the file has several')
    .addOption(
      new Option('--admin <url>', 'admin port of a pod: explain by the policy in effect there')
        .argParser(parseAdminUrl)
        .conflicts('file')
    )
    .option('-X, --method <method>', 'method of the request', 'GET')
    .option('-H, --header <name: value>', 'header of the request; may be repeated', collectHeader)
    .option('--json', 'print the explanation as JSON')
    .action(async (url: string, options: ExplainOptions) => {
      await explain(url, options, output)
    })
  addExamples(command, {
    examples: [
      "alexandrite explain '/api/orders?status=SHIPPED&utm_source=x' -f tiers/mes-api.yaml",
      "alexandrite explain http://mes-api/api/orders/7 -f tiers/mes-api.yaml -H 'Authorization: Bearer x'",
      'alexandrite explain /api/orders/7/take -X POST -f tiers/mes-api.yaml',
      'alexandrite explain /api/orders/7 --admin http://127.0.0.1:15081'
    ],
    exit: {
      [EXIT.ok]: 'explained; the request may be answered from the cache, or it writes',
      [EXIT.negative]: 'explained; the request would be read from the origin each time'
    }
  })
}

async function explain(url: string, options: ExplainOptions, output: Output): Promise<void> {
  const request = askedRequest(url, options)
  const policy = await policyFor(options)
  const { explainRequest } = await import('@alexandrite/proxy/tier/explain')
  const explanation = explainRequest(policy, request)
  const purges = await purgesOf(request, policy)
  const found = { policy: policy?.hash, ...explanation, ...(purges && { purges }) }
  const lines = options.json
    ? [JSON.stringify(found, null, 2)]
    : table([...rows(request, explanation, purges), ['policy', found.policy ?? 'none']])
  for (const line of lines) output.out(line)
  if (explanation.key === undefined && purges === undefined) throw silentNo()
}

function askedRequest(url: string, { method, header }: ExplainOptions): AskedRequest {
  if (!url.startsWith('/') && !URL.canParse(url)) {
    throw usageError(`"${url}" is neither a URL nor a path; write http://HOST/PATH or /PATH`)
  }
  return { method: method.toUpperCase(), url, headers: header ?? {} }
}

async function policyFor({ admin, file, tier }: ExplainOptions): Promise<Policy | undefined> {
  if (admin !== undefined) return livePolicy(admin)
  return file === undefined ? undefined : compile(readOneTier(file, tier))
}

/** The policy in effect in a pod; undefined when it has none. */
async function livePolicy(admin: string): Promise<Policy | undefined> {
  const answer = await askAdmin(admin, { method: 'GET', path: '/policy.json' })
  if (answer.status === 404 && errorOf(answer).startsWith('there is no policy')) return undefined
  if (answer.status !== 200) throw negative(`no policy from ${admin}: ${errorOf(answer)}`)
  const { parsePolicy } = await import('@alexandrite/proxy/tier/parse-policy')
  return parsePolicy(JSON.stringify(answer.body))
}

/** Of an unsafe request, what its success makes stale; undefined for a safe one. */
async function purgesOf(request: AskedRequest, policy: Policy | undefined): Promise<Purges | undefined> {
  const { invalidatedBy } = await import('@alexandrite/proxy/engine/invalidate')
  const url = URL.parse(request.url, 'http://origin')
  const head = {
    method: request.method,
    target: url === null ? request.url : url.pathname + url.search,
    headers: Object.entries(request.headers).flat()
  }
  return invalidatedBy(head, { status: 200, statusText: 'OK', headers: [] }, policy)
}

function rows(request: AskedRequest, explanation: Explanation, purges: Purges | undefined): string[][] {
  const { rule, key, purgeKey, tags, identity, why } = explanation
  const cached: [string, string | undefined][] =
    key === undefined
      ? [['cached', 'no, it goes to the origin']]
      : [
          ['key', key],
          ['purge key', purgeKey],
          ['tags', list(tags)],
          ['freshness', freshness(explanation)],
          ['identity', identity]
        ]
  const purged: [string, string | undefined][] =
    purges === undefined
      ? []
      : [
          ['purges keys', list(purges.keys)],
          ['purges tags', list(purges.tags)]
        ]
  const reasons = why.map((reason, index): [string, string] => [index === 0 ? 'why' : '', reason])
  const all = [
    ['request', `${request.method} ${request.url}`],
    ['rule', rule ?? 'none'],
    ...cached,
    ...purged
  ]
  return [...all, ...reasons].map(([name = '', value]) => [name, value ?? 'none'])
}

const list = (values: readonly string[]): string | undefined =>
  values.length === 0 ? undefined : values.join(', ')

function freshness({ freshness: { source, ttlMs, ...stale } }: Explanation): string {
  const ttl = ttlMs === undefined ? '' : formatDuration(ttlMs)
  const first = {
    Origin: 'what the origin says',
    Rule: ttl,
    OriginThenRule: `what the origin says, else ${ttl}`
  }[source]
  const { staleWhileRevalidateMs, staleIfErrorMs } = stale
  return [
    first,
    staleWhileRevalidateMs !== undefined &&
      `stale-while-revalidate ${formatDuration(staleWhileRevalidateMs)}`,
    staleIfErrorMs !== undefined && `stale-if-error ${formatDuration(staleIfErrorMs)}`
  ]
    .filter((part) => part !== false)
    .join(', ')
}
