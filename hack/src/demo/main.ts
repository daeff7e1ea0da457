import { LOAD_DEFAULTS, runLoad } from '@alexandrite/examples'
import type { LoadReport } from '@alexandrite/examples'
import { runCommand } from '../command.ts'
import { say } from '../run.ts'
import { eightLines } from './eight.ts'
import { measureOrders } from './measure-orders.ts'
import { countUntold, measureProcess } from './process/measure.ts'
import { demoOptions, HELP } from './options.ts'
import type { DemoOptions } from './options.ts'
import { startStage } from './stage.ts'
import type { Stage } from './stage.ts'
import { table, verdict } from './table.ts'
import type { Comparison } from './table.ts'
import type { Addresses } from './tiers.ts'

/** Runs the demo and returns its exit code. Everything it started is stopped by then. */
export function main(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  return runCommand({ name: 'demo', help: HELP, options: () => demoOptions(argv, env), run: demo })
}

async function demo(options: DemoOptions, signal: AbortSignal): Promise<number> {
  const stage = await startStage({ databaseUrl: options.databaseUrl, events: 'Relayed', say, signal })
  try {
    const complaint = options.durationSeconds === 0 ? undefined : await compare(stage, options, signal)
    if (options.stay) await stay(stage, signal)
    else signal.throwIfAborted()
    if (complaint !== undefined) say(`demo: ${complaint}`)
    return complaint === undefined ? 0 : 1
  } finally {
    say('stopping everything')
    await stage.stop()
  }
}

/** Both runs and the table; returns what is wrong with them, if anything. */
async function compare(stage: Stage, options: DemoOptions, signal: AbortSignal): Promise<string | undefined> {
  const run = async (name: string, target: Addresses): Promise<LoadReport> => {
    say(`${options.durationSeconds} s of load ${name}`)
    const metrics = [stage.apis.mes, stage.apis.shop]
    const { durationSeconds, seed } = options
    const report = await runLoad({ ...LOAD_DEFAULTS, ...target, metrics, durationSeconds, seed }, signal)
    signal.throwIfAborted()
    return report
  }
  const comparison = {
    direct: await run('straight at the APIs', stage.apis),
    tier: await run('through the tiers', stage.tiers)
  }
  const text = options.json ? JSON.stringify(comparison, null, 2) : `\n${table(comparison)}\n`
  process.stdout.write(`${text}\n`)
  // Somebody's own database gets no roles and no tables of ours.
  const isOwn = options.databaseUrl === undefined
  if (!options.json) await printEight(stage, comparison, { isOwn, signal })
  return verdict(comparison)
}

/** The case's eight problems, each with what was measured of it. */
async function printEight(
  stage: Stage,
  comparison: Comparison,
  { isOwn, signal }: { readonly isOwn: boolean; readonly signal: AbortSignal }
): Promise<void> {
  const untold = await countUntold(stage.databaseUrl)
  say('measuring a promise that moves and a piece that waits')
  const orders = await measureOrders(stage.databaseUrl, signal)
  const { brokerUrl } = stage
  if (isOwn) say('starting the services of orders, and measuring operators, deadlines, traces and the CRM')
  const measured =
    isOwn && brokerUrl !== undefined ? await measureProcess(stage, brokerUrl, signal) : undefined
  process.stdout.write(`${eightLines({ comparison, untold, orders, process: measured }).join('\n')}\n\n`)
}

/** Prints where everything is and waits for Ctrl-C. */
async function stay(stage: Stage, signal: AbortSignal): Promise<void> {
  const rows = [
    ['MES API', stage.apis.mes, 'through its tier', stage.tiers.mes],
    ['Shop API', stage.apis.shop, 'through its tier', stage.tiers.shop]
  ]
  const lines = rows.map(
    ([name = '', api = '', through = '', tier = '']) => `${name.padEnd(10)}${api}   ${through} ${tier}`
  )
  const path = '/api/orders?status=MANUFACTURING_APPROVED'
  process.stdout.write(
    [
      ...lines,
      `PostgreSQL ${stage.databaseUrl}`,
      `Redis      ${stage.redisUrl}`,
      '',
      `Try: curl -i '${stage.tiers.mes}${path}'`,
      ''
    ].join('\n')
  )
  say('Ctrl-C stops everything')
  if (!signal.aborted)
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
}
