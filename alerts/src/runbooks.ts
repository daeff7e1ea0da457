/** The runbooks beside this folder, and what is wrong with them. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkLogQuery, checkQuery, type Problem } from '@alexandrite/catalogue'

const FOLDER = fileURLToPath(new URL('../runbooks', import.meta.url))

/** What each of them tells, in this order. */
export const HEADINGS = ['What it means', 'How to confirm', 'What to do', 'Who else is affected'] as const

/** Text of each runbook by the name of its alert. */
export const readRunbooks = (folder: string = FOLDER): ReadonlyMap<string, string> =>
  new Map(
    readdirSync(folder)
      .filter((file) => file.endsWith('.md'))
      .sort()
      .map((file) => [file.slice(0, -'.md'.length), readFileSync(join(folder, file), 'utf8')])
  )

const fileOf = (alert: string): string => `alerts/runbooks/${alert}.md`

/** Lines of the fenced blocks of a language; each is a query. */
const queriesIn = (text: string, language: string): string[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, 'gm'))].flatMap(([, block = '']) =>
    block.split('\n').filter((line) => line.trim() !== '')
  )

const formProblems = (alert: string, text: string): Problem[] => {
  const where = { file: fileOf(alert), item: alert, signal: alert }
  const titles = [...text.matchAll(/^# (.*)$/gm)].map(([, title]) => title)
  const headings = [...text.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading)
  const wrongTitle = titles.join() === alert ? [] : [`begin with "# ${alert}"`]
  const wrongHeadings =
    headings.join('\n') === HEADINGS.join('\n') ? [] : [`have exactly the headings ${HEADINGS.join(', ')}`]
  const empty = /^## .*\n\s*(?=^## |$(?![^]))/m.test(text) ? ['say something under each heading'] : []
  return [...wrongTitle, ...wrongHeadings, ...empty].map((message) => ({
    ...where,
    message: `a runbook must ${message}.`
  }))
}

const queryProblems = (alert: string, text: string): Problem[] => {
  const where = { file: fileOf(alert), item: alert }
  return [
    ...queriesIn(text, 'promql').flatMap((query) => checkQuery(query, where)),
    ...queriesIn(text, 'logql').flatMap((query) => checkLogQuery(query, where))
  ]
}

/** Links to other runbooks that do not exist. */
const linkProblems = (alert: string, text: string, known: ReadonlySet<string>): Problem[] =>
  [...text.matchAll(/\]\((\w+)\.md\)/g)]
    .map(([, name = '']) => name)
    .filter((name) => !known.has(name))
    .map((name) => ({
      file: fileOf(alert),
      item: alert,
      signal: name,
      message: `links to the runbook ${name}, which does not exist.`
    }))

const missing = (alert: string): Problem => ({
  file: fileOf(alert),
  item: alert,
  signal: alert,
  message: `the alert has no runbook: write this file with the headings ${HEADINGS.join(', ')}.`
})

const orphaned = (name: string): Problem => ({
  file: fileOf(name),
  item: name,
  signal: name,
  message: 'no alert has this name: rename or remove the file.'
})

/** Every alert has a runbook of the form, every runbook an alert, every query in them reads what is declared. */
export const runbookProblems = (
  alerts: readonly string[],
  runbooks: ReadonlyMap<string, string> = readRunbooks()
): Problem[] => {
  const known = new Set(runbooks.keys())
  return [
    ...alerts.filter((alert) => !known.has(alert)).map(missing),
    ...[...runbooks].flatMap(([name, text]) => [
      ...(alerts.includes(name) ? [] : [orphaned(name)]),
      ...formProblems(name, text),
      ...queryProblems(name, text),
      ...linkProblems(name, text, known)
    ])
  ]
}
