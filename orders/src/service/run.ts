/** The main program of a service. */
import { ConfigError, HelpRequested, ORDERS_DATABASE, serviceConfig, variablesHelp } from './config.ts'
import type { DatabaseVariable, Environment } from './config.ts'
import { errorFields } from './log.ts'
import { createService } from './service.ts'
import type { Service } from './service.ts'
import { aborted, pause } from './time.ts'

export interface About {
  /** Of the service, as in the catalogue. */
  readonly name: string
  /** From the root of the repository. */
  readonly file: string
  /** What it does, in a sentence or two. */
  readonly text: string
  /** Lines of the variables that only this service reads, indented by two. */
  readonly variables?: string
  /** Default: ORDERS_DATABASE_URL. */
  readonly database?: DatabaseVariable
}

/** A service that does not end in time is ended: what it had not finished is done again after the next start. */
const FAREWELL_MS = 20_000
const FIRST_RETRY_MS = 200
const LAST_RETRY_MS = 5000

export const helpOf = ({ file, text, variables = '', database = ORDERS_DATABASE }: About): string =>
  `${text}\n\nUsage: node ${file} [--help]\nVariables:\n${variablesHelp(database)}${variables}`

/**
 * Runs a service until SIGTERM or SIGINT. The port opens first, so that probes see a process that waits; then `start`
 * is tried until the database it needs is there.
 * @param start adds routes and readiness checks at once and returns what begins the work (migrate, consume);
 *   that may be tried more than once
 */
export async function runService(
  about: About,
  start: (service: Service, env: Environment) => () => Promise<void>
): Promise<void> {
  await runMain(async () => {
    if (process.argv.slice(2).some((argument) => argument === '--help' || argument === '-h'))
      throw new HelpRequested(helpOf(about))
    const service = createService(about.name, serviceConfig(process.env, about.database))
    const over = stopSignal()
    const begin = start(service, process.env)
    let begun = false
    service.whenReady(() => {
      if (!begun) throw new Error('the service waits for its database')
    })
    const address = await service.listen()
    service.log.info({ address }, 'listening')
    begun = await beginWithRetries(service, begin, over)
    await aborted(over)
    service.log.info('finishing what is under way')
    setTimeout(() => process.exit(1), FAREWELL_MS).unref()
    await service.close()
  })
}

async function beginWithRetries(
  service: Service,
  begin: () => Promise<void>,
  over: AbortSignal
): Promise<boolean> {
  let pauseMs = FIRST_RETRY_MS
  while (!over.aborted) {
    try {
      await begin()
      return true
    } catch (error) {
      if (error instanceof ConfigError) throw error
      service.log.warn(errorFields(error), 'cannot begin yet')
    }
    await pause(pauseMs, over)
    pauseMs = Math.min(pauseMs * 2, LAST_RETRY_MS)
  }
  return false
}

/** Aborted by SIGTERM or SIGINT. */
export function stopSignal(): AbortSignal {
  const controller = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => controller.abort())
  return controller.signal
}

/** Help and wrong configuration end a program with a sentence, not with a stack. */
export async function runMain(main: () => Promise<void>): Promise<void> {
  try {
    await main()
  } catch (error) {
    if (error instanceof HelpRequested) {
      process.stdout.write(error.message)
      return
    }
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exit(error instanceof ConfigError ? 2 : 1)
  }
}
