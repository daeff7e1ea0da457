import { setTimeout as sleep } from 'node:timers/promises'
import type { Command } from 'commander'
import type { TierStats } from '@alexandrite/proxy'
import { parseAdminUrl, parseSeconds } from '../arguments.ts'
import { EXIT } from '../errors.ts'
import type { Output } from '../output.ts'
import { untilSignal } from '../signals.ts'
import { statsLines } from '../top/stats-lines.ts'
import { readStats } from '../top/tier-reader.ts'
import { addExamples } from './help.ts'

interface StatsOptions {
  readonly admin: string
  readonly watch?: number | true
  readonly json?: true
}

const DEFAULT_WATCH_SECONDS = 2

/** `alexandrite stats` */
export function addStats(program: Command, output: Output): void {
  const command = program
    .command('stats')
    .summary('show what a tier stored and answered')
    .description(
      'Shows what one pod of a tier counted since its start: requests and hit ratio by rule, what was passed by or not stored and why, memory, Redis, origin, policy.'
    )
    .requiredOption('--admin <url>', 'admin port of the pod', parseAdminUrl)
    .option(
      '-w, --watch [seconds]',
      `show them again and again, every ${DEFAULT_WATCH_SECONDS} seconds unless given, until Ctrl-C`,
      parseSeconds
    )
    .option('--json', 'print JSON; with --watch one object a line')
    .action(async (options: StatsOptions) => {
      await stats(options, output)
    })
  addExamples(command, {
    examples: [
      'alexandrite stats --admin http://127.0.0.1:15081',
      'alexandrite stats --admin http://127.0.0.1:15081 --watch 5'
    ],
    exit: { [EXIT.ok]: 'shown', [EXIT.negative]: 'nobody answered' }
  })
}

async function stats(options: StatsOptions, output: Output): Promise<void> {
  const show = (value: TierStats) => {
    const lines = options.json
      ? [options.watch ? JSON.stringify(value) : JSON.stringify(value, null, 2)]
      : statsLines(value, (style, text) => output.paint(style, text))
    for (const line of lines) output.out(line)
  }
  show(await readStats(options.admin))
  if (options.watch === undefined) return
  const seconds = options.watch === true ? DEFAULT_WATCH_SECONDS : options.watch
  const stop = untilSignal()
  const timers = new AbortController()
  void stop.then(() => {
    timers.abort()
  })
  while (await waited(seconds, timers.signal)) {
    if (!options.json) output.out('')
    show(await readStats(options.admin))
  }
}

/** Whether the time passed; false when it was cut short. */
async function waited(seconds: number, signal: AbortSignal): Promise<boolean> {
  return sleep(seconds * 1000, true, { signal }).catch((error: unknown) => {
    if (signal.aborted) return false
    throw error
  })
}
