/** A layer with one of our programs: each entry point bundled into one file, without node_modules. */
import { build } from 'esbuild'
import type { OutputFile } from 'esbuild'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { REPOSITORY } from '../paths.ts'
import { layer, type Layer } from './layer.ts'
import { oldPackages } from './old-packages.ts'

/** Packages in CommonJS ask for `require`, which ES modules do not have. */
const BANNER = `import { createRequire as __createRequire } from 'node:module'
const require = __createRequire(import.meta.url)`

/** From the name in the image (`proxy` for /app/proxy.mjs) to the file in the repository. */
type Entries = Readonly<Record<string, string>>

/** Bundles entry points into /app. */
export async function bundleLayer(name: string, entries: Entries): Promise<Layer> {
  const files = await bundle(name, entries)
  const inputs = files.flatMap(({ path, contents }) => [path, Buffer.from(contents)])
  return layer(`app-${name}`, inputs, (root) => {
    mkdirSync(join(root, 'app'))
    for (const { path, contents } of files) writeFileSync(join(root, path), contents)
  })
}

/**
 * The files of an image's /app.
 * @param root of the sources
 * @throws naming the entry point that does not exist
 */
export async function bundle(name: string, entries: Entries, root = REPOSITORY): Promise<OutputFile[]> {
  for (const file of Object.values(entries)) {
    if (!existsSync(join(root, file)))
      throw new Error(`image ${name}: its entry point ${file} does not exist`)
  }
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: entries,
    outdir: '/app',
    outExtension: { '.js': '.mjs' },
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    // Less to parse and to keep in memory. Names stay, since logs show those of errors; `keepNames` would do the same
    // at the cost of a property definition for each closure that a request makes.
    minifyWhitespace: true,
    minifySyntax: true,
    // Optional native addons are absent on purpose; `pg` works without.
    external: ['pg-native'],
    plugins: [oldPackages],
    banner: { js: BANNER },
    legalComments: 'none',
    logLevel: 'error'
  })
  return outputFiles.sort((a, b) => a.path.localeCompare(b.path))
}
