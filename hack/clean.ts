/** `node hack/clean.ts [--cache]`: removes what the project put on this machine. */
import { existsSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { clusterDown, clusterKind, leftovers } from './src/cluster.ts'
import { cacheDir, REPOSITORY } from './src/paths.ts'
import { messageOf, say } from './src/run.ts'

const HELP = `Usage: node hack/clean.ts [--cache]

Removes a running cluster and generated folders (dist, coverage). With --cache also the cache of tools, images and
PostgreSQL templates in ${cacheDir()}; the next run downloads and builds them again.
`

async function main(args: readonly string[]): Promise<void> {
  if (args.includes('--help')) {
    process.stdout.write(HELP)
    return
  }
  if ((await clusterKind()) === 'kind' || leftovers().length > 0) {
    say('clean: removing the cluster')
    await clusterDown()
  }
  for (const folder of ['dist', 'coverage']) remove(join(REPOSITORY, folder))
  if (!args.includes('--cache')) return
  remove(cacheDir())
  // PostgreSQL's files, when root's cache is closed to other users.
  if (process.getuid?.() === 0) remove(join(tmpdir(), 'alexandrite-0'))
}

function remove(folder: string): void {
  if (!existsSync(folder)) return
  say(`clean: removing ${folder}`)
  rmSync(folder, { recursive: true, force: true })
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${messageOf(error)}\n`)
  process.exitCode = 1
})
