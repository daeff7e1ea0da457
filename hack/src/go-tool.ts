/** Tools built from the Go module registry, with the go.mod and go.sum under hack/tools, and sources of our own beside them. */
import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { installOnce } from './install.ts'
import { REPOSITORY } from './paths.ts'
import { GO, type GoModule, type Source } from './pins.ts'
import { run, say } from './run.ts'

type GoSource = Extract<Source, { from: 'go' }>

const BUILD_ENV = { GOGC: '400', CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false' }

const PROGRESS_EVERY = 15_000

/** Builds the tool if the cache does not have it. `go` is asked for only then. @returns its path */
export async function goTool(name: string, source: GoSource, go: () => Promise<string>): Promise<string> {
  const module: GoModule = GO[source.module]
  const cwd = join(REPOSITORY, 'hack/tools', module.folder)
  const version = requiredVersion(
    readFileSync(join(cwd, 'go.mod'), 'utf8'),
    module.versionOf ?? source.package
  )
  const key = `${version}-${digestOf(cwd, module)}`
  const installed = await installOnce({ kind: 'go', name, key }, async (out) => {
    const command = await go()
    await withProgress(`tools: building ${name} (${basename(cwd)}, from Go modules)`, async () => {
      const extra = await withAbsentFiles(command, cwd, module)
      const { tags = '', ldflags } = module
      const args = ['-trimpath', '-tags', tags, '-ldflags', ldflags, '-o', join(out, name), source.package]
      await run(command, ['build', ...extra.args, ...args], { cwd, env: BUILD_ENV }).finally(extra.remove)
    })
  })
  return join(installed, name)
}

/** Changes with everything that the build depends on. */
function digestOf(cwd: string, { ldflags, tags, absent }: GoModule): string {
  const hash = createHash('sha256')
  const sources = readdirSync(cwd).filter((file) => file.endsWith('.go'))
  for (const file of ['go.mod', 'go.sum', ...sources.sort()]) hash.update(readFileSync(join(cwd, file)))
  hash.update(ldflags)
  if (tags !== undefined || absent !== undefined) hash.update(JSON.stringify([tags, absent]))
  return hash.digest('hex').slice(0, 12)
}

/** A copy of the module that has the files which the published one lacks, and the arguments that make Go use it. */
async function withAbsentFiles(
  go: string,
  cwd: string,
  { absent }: GoModule
): Promise<{ args: string[]; remove: () => void }> {
  if (absent === undefined) return { args: [], remove: () => undefined }
  const { module, files } = absent
  const folder = mkdtempSync(join(tmpdir(), 'alexandrite-go-'))
  const remove = () => rmSync(folder, { recursive: true, force: true })
  await run(go, ['mod', 'download', module], { cwd })
  const published = (await run(go, ['list', '-m', '-f', '{{.Dir}}', module], { cwd })).trim()
  const copy = join(folder, 'module')
  cpSync(published, copy, { recursive: true })
  // Go makes what it downloads read-only.
  await run('chmod', ['-R', 'u+w', copy])
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(copy, file)), { recursive: true })
    writeFileSync(join(copy, file), text)
  }
  for (const file of ['go.mod', 'go.sum']) cpSync(join(cwd, file), join(folder, file))
  const modfile = join(folder, 'go.mod')
  await run(go, ['mod', 'edit', `-replace=${module}=${copy}`, modfile], { cwd })
  return { args: ['-modfile', modfile], remove }
}

/** Version of the module in go.mod that the package belongs to, such as v1.37.2. */
export function requiredVersion(goMod: string, packagePath: string): string {
  const found = [...goMod.matchAll(/^\s*(?:require\s+)?(\S+) (v\S+)/gm)]
    .filter(([, module]) => module && (packagePath === module || packagePath.startsWith(`${module}/`)))
    .sort(([, a = ''], [, b = '']) => b.length - a.length)[0]
  return found?.[2] ?? 'unversioned'
}

/** Says that `work` goes on, with the seconds, as long as it does. */
export async function withProgress<T>(what: string, work: () => Promise<T>): Promise<T> {
  const started = Date.now()
  const seconds = () => Math.round((Date.now() - started) / 1000)
  say(what)
  const timer = setInterval(() => say(`${what}: ${seconds()} s`), PROGRESS_EVERY)
  try {
    const result = await work()
    say(`${what}: done in ${seconds()} s`)
    return result
  } finally {
    clearInterval(timer)
  }
}
