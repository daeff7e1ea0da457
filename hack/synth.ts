/**
 * `npm run synth`: writes every generated file of the repository; with --check writes nothing and fails on
 * drift, naming the files.
 */
import { spawnSync } from 'node:child_process'

/** Each generator takes --check. */
const GENERATORS = ['cdk8s/src/synth.ts', 'api/src/reference.ts', 'cli/src/reference.ts']

const flags = process.argv.slice(2)
const unknown = flags.find((flag) => flag !== '--check')
if (unknown !== undefined) {
  console.error(`synth: unknown option ${unknown}; usage: node hack/synth.ts [--check]`)
  process.exit(2)
}
const failed = GENERATORS.filter(
  (file) => spawnSync('node', [file, ...flags], { stdio: 'inherit' }).status !== 0
)
if (failed.length > 0) {
  console.error(`synth: failed: ${failed.join(', ')}${flags.includes('--check') ? '; run: make synth' : ''}`)
  process.exit(1)
}
