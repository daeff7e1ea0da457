/** Whether the route tree tells whom it should: by reading it, and by asking amtool. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { alerts, labelsOf, type AlertmanagerConfig } from '@alexandrite/alerts'
import { toldAt, WEEK, type Labels } from '@alexandrite/alerts/route-tree'
import { TEAMS } from '@alexandrite/alerts/receivers'
import { run, messageOf } from '../run.ts'
import { resolveTool } from '../tools.ts'
import { intended } from './intent.ts'

/** What the alerts there are have for labels, each set once. */
export const ALERT_LABELS: readonly Labels[] = unique(
  alerts.map((alert) => {
    const { severity = '', team = '', service_tier = '' } = labelsOf(alert)
    return { alertname: alert.alert, severity, team, service_tier }
  })
)

/** Also alerts that nobody has written yet. */
const POSSIBLE: readonly Labels[] = TEAMS.flatMap((team) =>
  ['critical', 'warning', 'ticket'].flatMap((severity) =>
    ['1', '2', '3'].map((service_tier) => ({ alertname: 'Future', severity, team, service_tier }))
  )
)

export const LABELS: readonly Labels[] = [...ALERT_LABELS, ...POSSIBLE]

function unique(all: readonly Labels[]): readonly Labels[] {
  return [...new Map(all.map((labels) => [JSON.stringify(labels), labels])).values()]
}

const written = (labels: Labels): string =>
  Object.entries(labels)
    .map(([label, value]) => `${label}=${value}`)
    .join(' ')

const told = (leaves: readonly { readonly receiver: string; readonly wait: string }[]): string =>
  leaves.map(({ receiver, wait }) => `${receiver} after ${wait}`).join(', ') || 'nobody'

/** Every label set in every hour of the week: a sentence for each set that is told to others than it should. */
export const wrongByReading = (config: AlertmanagerConfig): readonly string[] =>
  LABELS.flatMap((labels) => {
    const wrong = WEEK.map((hour) => ({
      hour,
      is: told(toldAt(config, labels, hour)),
      should: told(intended(labels, hour))
    })).filter(({ is, should }) => is !== should)
    const [first] = wrong
    return first
      ? [
          `${written(labels)}: in ${wrong.length} of 168 hours, first on day ${first.hour.day + 1} at ${first.hour.hour}:00: ` +
            `tells ${first.is}; should tell ${first.should}`
        ]
      : []
  })

/** Receivers that no alert there is reaches, at any hour. */
export const unreachable = (config: AlertmanagerConfig): readonly string[] => {
  const reached = new Set(
    ALERT_LABELS.flatMap((labels) =>
      WEEK.flatMap((hour) => toldAt(config, labels, hour).map(({ receiver }) => receiver))
    )
  )
  return config.receivers
    .filter(({ name }) => !reached.has(name))
    .map(
      ({ name }) => `the receiver ${name} is reached by no alert: give it a route and an alert, or remove it`
    )
}

/** amtool's own reading of the tree, without the hours, which it does not know. */
export async function wrongByAmtool(config: AlertmanagerConfig): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'alexandrite-routes-'))
  try {
    const file = join(folder, 'alertmanager.yaml')
    // JSON is YAML.
    await writeFile(file, JSON.stringify(config))
    const amtool = await resolveTool('amtool')
    await run(amtool, ['check-config', file])
    const answers: string[] = []
    for (const labels of LABELS) answers.push(...(await askAmtool(amtool, file, labels)))
    return answers
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const WORKDAY_NOON = { day: 0, hour: 12 }

async function askAmtool(amtool: string, file: string, labels: Labels): Promise<readonly string[]> {
  const should = intended(labels, WORKDAY_NOON).map(({ receiver }) => receiver)
  const pairs = Object.entries(labels).map(([label, value]) => `${label}=${value}`)
  const verify = `--verify.receivers=${should.join(',')}`
  try {
    await run(amtool, ['config', 'routes', 'test', `--config.file=${file}`, verify, ...pairs])
    return []
  } catch (error) {
    return [`${written(labels)}: amtool does not find ${should.join(', ')}: ${messageOf(error)}`]
  }
}

/** Every complaint about a configuration. */
export const wrongRoutes = async (config: AlertmanagerConfig): Promise<readonly string[]> => [
  ...wrongByReading(config),
  ...unreachable(config),
  ...(await wrongByAmtool(config))
]
