/** Tools built from the Go module registry, with the go.mod and go.sum under hack/tools, and sources of our own beside them. */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { installOnce } from './install.ts'
import { REPOSITORY } from './paths.ts'
import { GO, type GoModule, type Source } from './pins.ts'
import { run, say } from './run.ts'

type GoSource = Extract<Source, { from: 'go' }>

const PROGRESS_EVERY = 15_000

/** Builds the tool if the cache does not have it. `go` is asked for only then. @returns its path */
export async function goTool(name: string, source: GoSource, go: () => Promise<string>): Promise<string> {
  const { folder, ldflags, versionOf = source.package }: GoModule = GO[source.module]
  const cwd = join(REPOSITORY, 'hack/tools', folder)
  const manifest = readFileSync(join(cwd, 'go.mod'), 'utf8')
  const hash = createHash('sha256')
    .update(manifest)
    .update(readFileSync(join(cwd, 'go.sum')))
  for (const file of readdirSync(cwd).sort()) {
    if (file.endsWith('.go')) hash.update(readFileSync(join(cwd, file)))
  }
  const digest = hash.update(ldflags).digest('hex').slice(0, 12)
  const key = `${requiredVersion(manifest, versionOf)}-${digest}`
  const installed = await installOnce({ kind: 'go', name, key }, async (out) => {
    const args = ['build', '-trimpath', '-ldflags', ldflags, '-o', join(out, name), source.package]
    const env = { GOGC: '400', CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false' }
    const command = await go()
    await withProgress(`tools: building ${name} (${basename(cwd)}, from Go modules)`, () =>
      run(command, args, { cwd, env })
    )
  })
  return join(installed, name)
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
