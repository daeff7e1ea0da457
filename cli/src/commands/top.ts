import { setTimeout as sleep } from 'node:timers/promises'
import type { LiveView } from '@alexandrite/proxy/telemetry/live-view'
import type { Command } from 'commander'
import { collectAdminUrl, parseSeconds } from '../arguments.ts'
import { EXIT, sentence } from '../errors.ts'
import type { Output } from '../output.ts'
import { untilSignal } from '../signals.ts'
import { frame } from '../top/frame.ts'
import { Screen } from '../top/screen.ts'
import { TierReader } from '../top/tier-reader.ts'
import { addExamples } from './help.ts'

interface TopOptions {
  readonly admin: readonly string[]
  readonly interval: number
  readonly once?: true
  readonly json?: true
}

const DEFAULT_INTERVAL_SECONDS = 1
const KEYS = 'q: leave'
/** Where there is no terminal to ask. */
const PAPER = { columns: 80, rows: 40 }

/** `alexandrite top` */
export function addTop(program: Command, output: Output): void {
  const command = program
    .command('top')
    .summary('watch a tier live')
    .description(
      'Shows a tier as it works: hit ratio by rule, requests a second, hottest and slowest keys, what is passed by and why, origin and store. Values of queries are not shown. The admin port serves the same at /live.'
    )
    .requiredOption(
      '--admin <url>',
      'admin port of a pod; may be repeated, then the pods are added up',
      collectAdminUrl
    )
    .option('-i, --interval <seconds>', 'seconds between two looks', parseSeconds, DEFAULT_INTERVAL_SECONDS)
    .option('--once', 'print one picture, of one interval, and end')
    .option('--json', 'print JSON, one object a line')
    .action(async (options: TopOptions) => {
      await top(options, output)
    })
  addExamples(command, {
    examples: [
      'alexandrite top --admin http://127.0.0.1:15081',
      'alexandrite top --admin http://10.0.0.7:15081 --admin http://10.0.0.8:15081 --once'
    ],
    exit: {
      [EXIT.ok]: 'left by q or Ctrl-C, or the one picture was printed',
      [EXIT.negative]: 'nobody answered'
    }
  })
}

async function top(options: TopOptions, output: Output): Promise<void> {
  const reader = new TierReader(options.admin)
  const first = await reader.read()
  const leaving = new AbortController()
  void untilSignal().then(() => leaving.abort())
  const { interval } = options
  if (options.once) {
    if (await waited(interval, leaving.signal)) print(await reader.read(), options, output)
  } else if (options.json || !process.stdout.isTTY) {
    await printOn(reader, { options, output, leaving: leaving.signal })
  } else await watch(reader, first, { interval, output, leaving })
}

const painter =
  (output: Output): Output['paint'] =>
  (style, text) =>
    output.paint(style, text)

function print(view: LiveView, { json }: TopOptions, output: Output): void {
  const lines = json ? [JSON.stringify(view)] : frame(view, PAPER, '', painter(output))
  for (const line of lines) output.out(line.trimEnd())
}

/** Frame after frame, for a pipe. */
async function printOn(
  reader: TierReader,
  { options, output, leaving }: { options: TopOptions; output: Output; leaving: AbortSignal }
): Promise<void> {
  while (await waited(options.interval, leaving)) print(await reader.read(), options, output)
}

interface Watching {
  readonly interval: number
  readonly output: Output
  readonly leaving: AbortController
}

async function watch(reader: TierReader, first: LiveView, watching: Watching): Promise<void> {
  const { interval, output, leaving } = watching
  const screen = new Screen(process.stdout, process.stdin, () => leaving.abort())
  let view = first
  let foot = KEYS
  const draw = (): void => screen.draw(frame(view, screen.size, foot, painter(output)))
  process.stdout.on('resize', draw)
  try {
    do {
      draw()
      if (!(await waited(interval, leaving.signal))) break
      try {
        view = await reader.read()
        foot = [KEYS, ...reader.problems].join('  ')
      } catch (error) {
        foot = `${KEYS}  ${sentence(error)}`
      }
    } while (!leaving.signal.aborted)
  } finally {
    process.stdout.removeListener('resize', draw)
    screen.close()
  }
}

/** Whether the time passed; false when it was cut short. */
async function waited(seconds: number, signal: AbortSignal): Promise<boolean> {
  return sleep(seconds * 1000, true, { signal }).catch((error: unknown) => {
    if (signal.aborted) return false
    throw error
  })
}
