/** Tools from unpacked Debian packages, behind wrappers that name their libraries. */
import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { unpackDebian } from './apt.ts'
import { DEBIAN, type DebianBundle, type DebianBundleName } from './debian-bundles.ts'
import { installOnce } from './install.ts'
import { TOOLS, type Source, type Tool } from './pins.ts'
import { say } from './run.ts'

type DebianSource = Extract<Source, { from: 'debian' }>

/** Unpacks the bundle if the cache does not have it. @returns the tool's wrapper, or the tool itself if bare */
export async function debianTool(source: DebianSource): Promise<string> {
  const root = await debianBundle(source.bundle)
  return source.bare ? join(root, source.executable) : join(root, 'wrappers', basename(source.executable))
}

/** The folder of a bundle's unpacked packages. */
export async function debianBundle(name: DebianBundleName): Promise<string> {
  const { suite, packages, libraries: inner = [] }: DebianBundle = DEBIAN[name]
  const sources = (Object.values(TOOLS) as Tool[])
    .map((tool) => tool.source)
    .filter((source): source is DebianSource => source.from === 'debian' && source.bundle === name)
  const key = createHash('sha256')
    .update(JSON.stringify([suite, packages, sources]))
    .digest('hex')
    .slice(0, 12)
  return installOnce({ kind: 'debian', name, key }, async (folder, final) => {
    say(`tools: unpacking ${name} from Debian ${suite} (${packages.length} packages)`)
    await unpackDebian(suite, packages, folder)
    mkdirSync(join(folder, 'wrappers'))
    const libraries = libraryFolders(folder).flatMap((library) => [
      library,
      ...inner.map((below) => join(library, below))
    ])
    for (const source of sources) writeWrapper(source, { folder, final, libraries })
  })
}

function writeWrapper(
  source: DebianSource,
  place: { folder: string; final: string; libraries: string[] }
): void {
  const { folder, final, libraries } = place
  if (!existsSync(join(folder, source.executable))) {
    throw new Error(
      `Debian's packages of ${source.bundle} hold no ${source.executable}: mend hack/src/pins.ts`
    )
  }
  const paths = libraries.map((library) => join(final, library)).join(':')
  const env = Object.entries({ ...source.env, ...(paths ? { LD_LIBRARY_PATH: paths } : {}) })
  const exports = env.map(([key, value]) => `export ${key}='${value.replaceAll('{root}', final)}'`)
  const wrapper = join(folder, 'wrappers', basename(source.executable))
  const lines = ['#!/bin/sh', ...exports, `exec '${join(final, source.executable)}' "$@"`]
  writeFileSync(wrapper, lines.join('\n') + '\n')
  chmodSync(wrapper, 0o755)
}

/** Folders such as usr/lib/x86_64-linux-gnu that hold shared libraries. */
function libraryFolders(root: string): string[] {
  return ['usr/lib', 'lib'].flatMap((parent) =>
    existsSync(join(root, parent))
      ? readdirSync(join(root, parent))
          .filter((entry) => entry.endsWith('-linux-gnu'))
          .map((entry) => join(parent, entry))
      : []
  )
}
