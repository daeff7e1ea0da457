import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { addCache } from './commands/cache.ts'
import { addExplain } from './commands/explain.ts'
import { addOrders } from './commands/orders.ts'
import { addOrdersCrm } from './commands/orders-crm.ts'
import { addPurge } from './commands/purge.ts'
import { addRender } from './commands/render.ts'
import { addStandalone } from './commands/standalone.ts'
import { addStats } from './commands/stats.ts'
import { addTop } from './commands/top.ts'
import { addValidate } from './commands/validate.ts'
import type { Output } from './output.ts'

/** The whole command line, writing to `output`; parsing throws instead of exiting. */
export function createProgram(output: Output): Command {
  const program = new Command('alexandrite')
    .description('A cache tier in front of an HTTP API: run it, look into it, empty it.')
    .version(version(), '-V, --version', 'print the version')
    .option('--verbose', 'print stacks of errors')
    .helpCommand('help [command]', 'show the help of a command')
    .showHelpAfterError('Try --help.')
    .configureOutput({
      writeOut: (text) => {
        output.out(text.trimEnd())
      },
      writeErr: (text) => {
        output.err(text.trimEnd())
      }
    })
    .exitOverride()
  const adders = [
    addStandalone,
    addCache,
    addValidate,
    addExplain,
    addRender,
    addPurge,
    addStats,
    addTop,
    addOrders,
    addOrdersCrm
  ]
  for (const add of adders) add(program, output)
  program.addHelpText(
    'after',
    '\nExit codes:\n  0  it went well\n  1  the answer is no\n  2  the command line or an input is wrong'
  )
  return program
}

function version(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}
