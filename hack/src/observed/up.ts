/** `make up`: the observed company stays until Ctrl-C, with its day going on, and pages are shown as they come. */
import { CRM_TOKENS } from '../company/crm.ts'
import { urlOf } from '../company/plan.ts'
import { parsedOptions, runCommand } from '../command.ts'
import { say, waitUntil } from '../run.ts'
import { readMail } from '../stack/mailbox.ts'
import type { Mail } from '../stack/mailbox.ts'
import type { Received, Said } from '../stack/receivers.ts'
import { PATHS, startObserved } from './observed.ts'
import type { Observed } from './observed.ts'
import { playDay } from './traffic.ts'

const HELP = `Starts the example company on this machine (PostgreSQL, Redis, RabbitMQ, the MES, Shop and CRM APIs, two cache tiers,
the services of orders, a carrier) and everything that watches it (Prometheus, Alertmanager, Loki, Jaeger, two collectors),
with a little load. Prints where to look and what to try first. Pages, chat messages and mail, of alerts and of orders,
are shown as they come. Ctrl-C stops it all.

Usage: node hack/up.ts [options]
  --quiet   without the load
  --help
The first start builds the programs, which takes some minutes.
`

interface UpOptions {
  readonly load: 'Played' | 'None'
}

export const upOptions = (argv: readonly string[]): UpOptions | undefined => {
  const values = parsedOptions(argv, { quiet: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } })
  return values.help ? undefined : { load: values.quiet ? 'None' : 'Played' }
}

export const main = (argv: readonly string[]): Promise<number> =>
  runCommand({ name: 'up', help: HELP, options: () => upOptions(argv), run: up })

async function up({ load }: UpOptions, signal: AbortSignal): Promise<number> {
  const observed = await startObserved({
    say,
    signal,
    onReceived: showReceived,
    onSaid: showSaid,
    onMail: showMail
  })
  try {
    const day = load === 'Played' ? playDay(observed.plan, signal) : Promise.resolve()
    const order = load === 'Played' ? await someOrder(observed, signal) : '1'
    process.stdout.write(`${where(observed)}\n${tries(observed, order)}\n`)
    say('Ctrl-C stops everything')
    if (!signal.aborted)
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
    await day
    return 0
  } finally {
    say('stopping everything')
    await observed.stop()
  }
}

/** An order that somebody has just taken or looked at: its traces are there. */
async function someOrder({ stack }: Observed, signal: AbortSignal): Promise<string> {
  const found = await waitUntil(
    async () => {
      const traces = await stack.jaegerSearch({ service: 'mes-api' })
      return traces.flatMap(({ spans }) => spans.flatMap(({ tags }) => tags['order.id'] ?? []))[0]
    },
    {
      what: 'a trace of an order arrives in Jaeger',
      timeoutMs: 90_000,
      everyMs: 500,
      giveUp: () => (signal.aborted ? 'interrupted' : undefined)
    }
  )
  return found
}

function where({ plan, company, stack, receivers }: Observed): string {
  const rows: [string, string][] = [
    ['MES API', `${urlOf(plan, 'mes-api')}   through its tier ${urlOf(plan, 'mes-api-tier')}`],
    ['Shop API', `${urlOf(plan, 'shop-api')}   through its tier ${urlOf(plan, 'shop-api-tier')}`],
    ['CRM API', `${urlOf(plan, 'crm-api')}   its read model ${urlOf(plan, 'crm-read-model')}`],
    ['tier, live', `http://127.0.0.1:${plan.ports['mes-api-admin']}/live`],
    ['operators', `${urlOf(plan, 'orders-operators')}   the page with their orders: open it in a browser`],
    [
      'customers',
      `${urlOf(plan, 'orders-customers')}   their mail: open ${receivers.webhookUrl}/mails in a browser`
    ],
    [
      'logistics',
      `${urlOf(plan, 'orders-logistics')}   what waits for the carrier: ${urlOf(plan, 'orders-logistics')}/api/logistics/waiting`
    ],
    ['Prometheus', stack.urls.prometheus],
    ['Alertmanager', stack.urls.alertmanager],
    ['Jaeger', stack.urls.jaeger],
    ['Loki', stack.urls.loki],
    ['OTLP', `${stack.otlpUrl}   jaeger-client: ${stack.jaegerThriftUrl}`],
    ['PostgreSQL', company.databaseUrl],
    ['Redis', company.redisUrl]
  ]
  return rows.map(([name, text]) => `${name.padEnd(13)}${text}`).join('\n')
}

/** Questions as curl asks them: built from Go modules, the programs come without their web pages. */
function tries({ plan, company, stack, receivers }: Observed, order: string): string {
  const asked = (base: string, path: string, query: Readonly<Record<string, string>>): string =>
    [
      `curl -sG ${base}${path}`,
      ...Object.entries(query).map(([name, value]) => `--data-urlencode '${name}=${value}'`)
    ].join(' ')
  const pid = company.parts['mes-api'].pid ?? '(stopped)'
  return `
Try
- The traces of order ${order}, through every service it passed:
    ${asked(stack.urls.jaeger, '/api/traces', { service: 'mes-api', tags: `{"order.id":"${order}"}` })}
- Its log lines; each has the trace_id of one of those traces:
    ${asked(stack.urls.loki, '/loki/api/v1/query_range', { query: `{service_name=~".+"} | order_id="${order}"`, limit: '5' })}
- What the tiers do with requests; any query of the dashboards can be asked like this:
    ${asked(stack.urls.prometheus, '/api/v1/query', { query: 'sum by (tier, result) (rate(alexandrite_proxy_requests_total[1m]))' })}
- The CRM leaves the shop's database, docs/guides/crm-migration.md; where it stands, and the next step:
    export ALEXANDRITE_ADMIN_TOKEN=${CRM_TOKENS.admin} SHOP_ADMIN_DATABASE_URL=${company.databaseUrl}
    npx alexandrite orders crm status --read-model ${urlOf(plan, 'crm-read-model')}
    npx alexandrite orders crm step shadow --read-model ${urlOf(plan, 'crm-read-model')}
- Customers are written to when their date moves, in Russian or English. At a day in two seconds the first letters are here, and in
  the mailbox, within a minute (at a customer's night nobody is written to):
    node hack/orders-clock.ts --database-url ${company.crm.ordersUrl} --rate 43200
    curl -s ${receivers.webhookUrl}/mails
- Pieces from packing to delivery; the carrier scans them some seconds after the hand-over, which is a figure now:
    ${asked(stack.urls.prometheus, '/api/v1/query', { query: 'sum(rate(logistics_acceptance_lag_seconds_sum[5m])) / sum(rate(logistics_acceptance_lag_seconds_count[5m]))' })}
- Deadlines of orders pass while you watch the operators’ page, and messages are shown here; rate 1 is the real pace again:
    node hack/orders-clock.ts --database-url ${company.crm.ordersUrl} --rate 600
- An alert: the MES API hangs, and after some minutes the page is shown here; the second line mends it.
    kill -STOP ${pid}
    kill -CONT ${pid}
`
}

/** The dead man's switch is heard each minute, which is of no interest while it is. */
function showReceived({ path, notification }: Received): void {
  if (path !== PATHS.pager) return
  for (const { status, annotations } of notification.alerts)
    print(
      `PAGE ${notification.receiver} [${status}] ${annotations.summary ?? ''}\n     ${annotations.runbook_url ?? ''}`
    )
}

function showSaid({ path, message }: Said): void {
  if (path === PATHS.operators) print(`operators’ chat ${(message.text ?? '').replaceAll('\n', '\n     ')}`)
  for (const { title = '', text = '' } of message.attachments)
    print(`chat ${title}\n     ${text.trim().replaceAll('\n', '\n     ')}`)
}

const print = (text: string): void => void process.stdout.write(`${text}\n`)

/** What customers read is shown whole, what alerts write by its subject. */
function showMail(mail: Mail): void {
  void readMail(mail).then(({ to, subject, text }) => {
    const isCustomers = to.some((address) => address.startsWith('customer-'))
    print(
      `mail ${to.join(', ')}: ${subject}${isCustomers ? `\n     ${text.replaceAll('\n', '\n     ')}` : ''}`
    )
  })
}
