/**
 * `npm run synth`: writes every generated file of the repository. With --check it writes nothing and fails on
 * drift, naming the files. An unknown signal, wrong PromQL, a route to nobody
 * and the like are refused with the file and the mend. --out FOLDER takes another folder than the repository.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import {
  purgeReference as cachePurgeReference,
  reference as cacheTierReference
} from '@alexandrite/api/reference'
import { signalsReference } from '@alexandrite/catalogue/reference'
import { drift, writeAll } from '@alexandrite/cdk8s/files'
import { helmCharts } from '@alexandrite/cdk8s/helm/charts'
import { manifests } from '@alexandrite/cdk8s/manifests'
import { problems as alertProblems } from '@alexandrite/alerts'
import { problemText } from '@alexandrite/catalogue'
import { problems as dashboardProblems } from '@alexandrite/dashboards'
import { reference as cliReference } from '@alexandrite/cli/reference'
import { conditionsReference } from '@alexandrite/operator/controller/reference'
import { metricsReference } from '@alexandrite/proxy/telemetry/reference'
import { codeOf, messageOf, say } from './src/run.ts'
import { REPOSITORY } from './src/paths.ts'

const PAGES: readonly { readonly file: string; readonly text: () => string }[] = [
  { file: 'docs/reference/cachetier.md', text: cacheTierReference },
  { file: 'docs/reference/cachepurge.md', text: cachePurgeReference },
  { file: 'docs/reference/cli.md', text: cliReference },
  { file: 'docs/reference/conditions.md', text: conditionsReference },
  { file: 'docs/reference/metrics.md', text: metricsReference },
  { file: 'docs/reference/signals.md', text: signalsReference }
]

/** Folders that hold nothing but generated files and notes. */
const FOLDERS: Readonly<Record<string, () => Map<string, string>>> = { deploy: manifests, charts: helmCharts }

function write(root: string): void {
  for (const [folder, files] of Object.entries(FOLDERS)) writeAll(join(root, folder), files())
  for (const { file, text } of PAGES) {
    mkdirSync(dirname(join(root, file)), { recursive: true })
    writeFileSync(join(root, file), text())
  }
}

/** A sentence for each file that is not what the sources say. */
function drifted(root: string): string[] {
  const pages = PAGES.filter(({ file, text }) => readIfThere(join(root, file)) !== text())
  const folders = Object.entries(FOLDERS).flatMap(([folder, files]) =>
    drift(join(root, folder), files()).map(({ file, problem }) => `${folder}/${file}: ${problem}`)
  )
  return [...folders, ...pages.map(({ file }) => `${file}: differs from its source`)]
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

try {
  const { values } = parseArgs({
    options: { check: { type: 'boolean', default: false }, out: { type: 'string', default: REPOSITORY } }
  })
  const mistakes = [...alertProblems(), ...dashboardProblems()].map(problemText)
  const drifts = values.check ? drifted(values.out).map((problem) => `${problem}; run: make synth`) : []
  for (const sentence of [...mistakes, ...drifts]) say(sentence)
  process.exitCode = mistakes.length + drifts.length === 0 ? 0 : 1
  // What is wrong is not written: it would be applied.
  if (!values.check && mistakes.length === 0) write(values.out)
} catch (error) {
  say(`synth: ${messageOf(error)}`)
  process.exitCode = 2
}
