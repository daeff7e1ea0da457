/** The rules file, read again when it changes; what cannot be used is refused with its reason, and the last good goes on. */
import { readFile } from 'node:fs/promises'
import { Gauge } from 'prom-client'
import { errorFields } from '../service/log.ts'
import type { Logger } from '../service/log.ts'
import type { ServiceRegistry } from '../service/metrics.ts'
import { pause } from '../service/time.ts'
import { WorkingTime } from './calendar.ts'
import type { RulesInForce } from './desk.ts'
import { parseRules, RulesError } from './rules-file.ts'

export interface RulesFileOptions {
  readonly file: string
  readonly log: Logger
  readonly registry: ServiceRegistry
  /** Milliseconds between looks. A look and not a watch: Kubernetes swaps a link under the file. Default 2000. */
  readonly everyMs?: number
}

export interface WatchedRules {
  readonly current: () => RulesInForce
  stop(): Promise<void>
}

/** @throws RulesError, or why the file cannot be read: a service does not begin without rules */
export async function watchRules(options: RulesFileOptions): Promise<WatchedRules> {
  const { file, log, registry, everyMs = 2000 } = options
  let text = await readFile(file, 'utf8')
  let current = inForce(text, file)
  const usable = new Gauge({
    name: 'operators_rules_usable',
    help: 'Whether the rules file, as it is now, is in force: 0 while an older one goes on.',
    registers: [registry]
  })
  usable.set(1)
  const look = async (): Promise<void> => {
    const found = await readFile(file, 'utf8')
    if (found === text) return
    text = found
    usable.set(0)
    current = inForce(found, file)
    usable.set(1)
    log.info({ file }, 'the rules were read anew; orders that enter a state from now on go by them')
  }
  const over = new AbortController()
  const looking = (async () => {
    while (!over.signal.aborted) {
      await pause(everyMs, over.signal)
      await look().catch((error: unknown) => {
        usable.set(0)
        const problems = error instanceof RulesError ? { problems: error.problems } : errorFields(error)
        log.error({ file, ...problems }, 'the rules file cannot be used; the last good rules go on')
      })
    }
  })()
  return {
    current: () => current,
    stop: async () => {
      over.abort()
      await looking
    }
  }
}

function inForce(text: string, file: string): RulesInForce {
  const rules = parseRules(text, file)
  return { rules, time: new WorkingTime(rules.calendar) }
}
