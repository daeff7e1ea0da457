/** Layers of OCI images: tar archives of a folder, made once and kept in the cache. */
import { createHash } from 'node:crypto'
import { createReadStream, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { installOnce } from '../install.ts'
import { run } from '../run.ts'

export interface Layer {
  /** Path of the tar archive. */
  file: string
  /** `sha256:…` of the archive; it is not compressed, so this is also its diff id. */
  digest: string
  size: number
}

/**
 * Returns the layer of what `fill` puts into an empty folder. `inputs` are everything that the content depends
 * on; the same inputs are never built twice.
 */
export async function layer(
  name: string,
  inputs: readonly (string | Buffer)[],
  fill: (root: string) => Promise<void> | void
): Promise<Layer> {
  const hash = createHash('sha256')
  for (const input of inputs) hash.update(input).update('\0')
  const key = hash.digest('hex').slice(0, 12)
  const folder = await installOnce({ kind: 'layers', name, key }, async (partial) => {
    const root = join(partial, 'root')
    mkdirSync(root)
    await fill(root)
    const file = join(partial, 'layer.tar')
    // The same files give the same bytes, whoever packs them and whenever.
    const same = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner']
    await run('tar', [...same, '-C', root, '-cf', file, '.'])
    rmSync(root, { recursive: true })
    writeFileSync(join(partial, 'digest'), await digestOf(file))
  })
  const file = join(folder, 'layer.tar')
  return { file, digest: readFileSync(join(folder, 'digest'), 'utf8'), size: statSync(file).size }
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return `sha256:${hash.digest('hex')}`
}
