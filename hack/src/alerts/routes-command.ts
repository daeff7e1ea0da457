/** `npm run prove-routes`: options, summary, exit code. */
import { alertmanagerConfig, type Receivers } from '@alexandrite/alerts'
import { TEAMS } from '@alexandrite/alerts/receivers'
import { WEEK } from '@alexandrite/alerts/route-tree'
import { parsedOptions, runCommand } from '../command.ts'
import { ALERT_LABELS, LABELS, wrongRoutes } from './routes.ts'

export const HELP = `Proves that every alert reaches whom it is meant for: each severity, team and tier of service in each hour of the
week, by reading the route tree and by amtool; and that no receiver is unreachable.

Usage: npm run prove-routes -- [--help]
Ends with 0, with 1 when somebody is not told or wrongly told, with 2 for wrong options.
`

const mailOf = (team: string): string => `${team}@example.com`

/** Addresses do not matter to routes. */
export const EXAMPLE: Receivers = {
  pagerUrl: 'http://pager.example.com/page',
  chatUrl: 'http://chat.example.com/hook',
  smtp: {
    smarthost: 'mail.example.com:587',
    from: 'alerts@example.com',
    to: { platform: mailOf('platform'), mes: mailOf('mes'), shop: mailOf('shop'), crm: mailOf('crm') }
  }
}

/** Runs the command and returns its exit code. */
export const main = (argv: readonly string[]): Promise<number> =>
  runCommand({
    name: 'prove-routes',
    help: HELP,
    options: () => (parsedOptions(argv, { help: { type: 'boolean', short: 'h' } }).help ? undefined : {}),
    run: async () => {
      const config = alertmanagerConfig(EXAMPLE)
      const wrong = await wrongRoutes(config)
      for (const complaint of wrong) process.stdout.write(`${complaint}\n`)
      process.stdout.write(
        `${ALERT_LABELS.length} kinds of alerts and ${LABELS.length - ALERT_LABELS.length} possible ones, ` +
          `${WEEK.length} hours, ${TEAMS.length} teams, ${config.receivers.length} receivers: ` +
          `${wrong.length === 0 ? 'everyone is told as intended' : `${wrong.length} mistakes`}\n`
      )
      return wrong.length === 0 ? 0 : 1
    }
  })
