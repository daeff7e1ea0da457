import { ConfigError, HelpRequested, serviceConfig } from './config.ts'
import type { About, Environment, ServiceConfig } from './config.ts'
import type { Service } from './service.ts'

/** Runs a command: help and wrong configuration end it with a sentence, not with a stack. */
export async function runCommand(command: () => Promise<void>): Promise<void> {
  try {
    await command()
  } catch (error) {
    if (error instanceof HelpRequested) {
      process.stdout.write(error.message)
    } else if (error instanceof ConfigError) {
      process.stderr.write(`${error.message}\n`)
      process.exitCode = 2
    } else {
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
      process.exitCode = 1
    }
  }
}

/** Serves until SIGTERM or SIGINT, then finishes what is under way. `create` may read variables of its own. */
export async function serve(
  about: About,
  create: (config: ServiceConfig, env: Environment) => Service
): Promise<void> {
  const config = serviceConfig(process.argv.slice(2), process.env, about)
  const { app } = create(config, process.env)
  await app.listen({ host: config.host, port: config.port })
  await new Promise<void>((resolve) => {
    process.once('SIGTERM', () => resolve())
    process.once('SIGINT', () => resolve())
  })
  app.log.info('finishing the requests under way')
  await app.close()
}
