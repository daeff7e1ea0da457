/** The proxy process: configuration from the environment, see HELP in config.ts. */
import pino from 'pino'
import { ConfigError, HELP, readConfig } from './config.ts'
import type { ProcessOptions } from './config.ts'
import { formatAddress } from './http/listen.ts'
import { startTier } from './tier/start.ts'
import type { RunningTier } from './tier/options.ts'

/** Below the kubelet's default of 30 s. */
const GRACE_MS = 25_000
const LEVELS = ['trace', 'debug', 'info', 'warn', 'error']

const fail = (sentence: string): never => {
  process.stderr.write(`${sentence}\n`)
  process.exit(2)
}

const config = (): ProcessOptions => {
  try {
    return readConfig(process.env)
  } catch (error) {
    if (error instanceof ConfigError) return fail(error.message)
    throw error
  }
}

const logLevel = (): string => {
  const level = process.env.ALEXANDRITE_LOG_LEVEL ?? 'info'
  return LEVELS.includes(level)
    ? level
    : fail(`ALEXANDRITE_LOG_LEVEL: "${level}" must be one of ${LEVELS.join(', ')}`)
}

/** With a line for each request, many go out in one write, a quarter of a second late at most. */
const destination = ({ accessLog }: ProcessOptions): pino.DestinationStream =>
  accessLog === 'all'
    ? pino.destination({ minLength: 8 * 1024, periodicFlush: 250, sync: false })
    : pino.destination({ sync: true })

const main = async (): Promise<void> => {
  const options = config()
  const log = pino(
    { level: logLevel(), base: { tier: options.tier, pod: options.pod } },
    destination(options)
  )
  // As process 1 of a container it would otherwise not hear of it while it joins its peers.
  const leave = (): never => process.exit(0)
  process.on('SIGTERM', leave)
  const tier = await startTier({ ...options, log }).catch((error: unknown): never =>
    fail(`the proxy cannot start: ${error instanceof Error ? error.message : String(error)}`)
  )
  process.removeListener('SIGTERM', leave)
  const admin = tier.admin ? formatAddress(tier.admin) : undefined
  log.info({ listen: formatAddress(tier.listen), admin, origin: options.origin }, 'listening')
  stopOn(tier, (signal) => log.info({ signal }, 'finishing requests'))
}

const stopOn = (tier: RunningTier, told: (signal: string) => void): void => {
  let stopping = false
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping) return
    stopping = true
    told(signal)
    void tier.close(GRACE_MS).finally(() => process.exit(0))
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}

if (process.argv.includes('--help')) process.stdout.write(HELP)
else await main()
