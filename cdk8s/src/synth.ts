/**
 * `node cdk8s/src/synth.ts` writes deploy/; `--check` writes nothing and exits 1 when a file differs, is
 * missing or is nobody's. `--out FOLDER` takes another folder than deploy/.
 */
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { drift, writeAll } from './files.ts'
import { manifests } from './manifests.ts'

function main(args: string[]): number {
  const { values } = parseArgs({
    args,
    options: { check: { type: 'boolean', default: false }, out: { type: 'string' } }
  })
  const folder = values.out === undefined ? resolve(import.meta.dirname, '../../deploy') : resolve(values.out)
  const wanted = manifests()
  if (!values.check) {
    writeAll(folder, wanted)
    return 0
  }
  const differences = drift(folder, wanted)
  for (const { file, problem } of differences) console.error(`deploy/${file}: ${problem}; run: make synth`)
  return differences.length === 0 ? 0 : 1
}

try {
  process.exitCode = main(process.argv.slice(2))
} catch (error) {
  console.error(`synth: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 2
}
