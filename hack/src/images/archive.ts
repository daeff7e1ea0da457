/** OCI image layouts (image-spec v1): several images in one archive, their common layers once. */
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '../run.ts'
import type { Layer } from './layer.ts'

/** The parts of an OCI image configuration that we use. */
export interface ImageConfig {
  Entrypoint: readonly string[]
  Env?: readonly string[]
  User?: string
  WorkingDir?: string
}

export interface Image {
  /** Such as localhost/alexandrite/proxy:dev. */
  reference: string
  layers: readonly Layer[]
  config: ImageConfig
}

interface Descriptor {
  mediaType: string
  digest: string
  size: number
}

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
const CONFIG = 'application/vnd.oci.image.config.v1+json'
const LAYER = 'application/vnd.oci.image.layer.v1.tar'

/** Digest of the image's manifest, without writing anything: tells whether a node has it already. */
export const imageDigest = (image: Image): string => manifestOf(image).descriptor.digest

/** Writes one archive of all the images to `file`. */
export async function writeArchive(images: readonly Image[], file: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'alexandrite-images-'))
  try {
    const blobs = join(folder, 'blobs/sha256')
    mkdirSync(blobs, { recursive: true })
    const links = new Map(images.flatMap(({ layers }) => layers.map((layer) => [layer.digest, layer.file])))
    for (const [digest, path] of links) symlinkSync(path, join(blobs, digest.replace('sha256:', '')))
    const manifests = images.map((image) => {
      const { descriptor, config, manifest } = manifestOf(image)
      for (const blob of [config, manifest]) writeFileSync(join(blobs, sha256(blob)), blob)
      return { ...descriptor, annotations: annotations(image.reference) }
    })
    const index = { schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests }
    writeFileSync(join(folder, 'index.json'), JSON.stringify(index))
    writeFileSync(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
    // --dereference: the layers are links into the cache.
    await run('tar', ['--dereference', '-C', folder, '-cf', file, 'oci-layout', 'index.json', 'blobs'])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function manifestOf({ layers, config }: Image): { descriptor: Descriptor; config: string; manifest: string } {
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch
  const platform = { architecture, os: 'linux' }
  const diffIds = layers.map((layer) => layer.digest)
  const configText = JSON.stringify({ ...platform, config, rootfs: { type: 'layers', diff_ids: diffIds } })
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: describe(CONFIG, configText),
    layers: layers.map(({ digest, size }): Descriptor => ({ mediaType: LAYER, digest, size }))
  })
  return { descriptor: { ...describe(MANIFEST, manifest), ...{ platform } }, config: configText, manifest }
}

const describe = (mediaType: string, content: string): Descriptor => ({
  mediaType,
  digest: `sha256:${sha256(content)}`,
  size: Buffer.byteLength(content)
})

/** The names that containerd and Docker look for. */
const annotations = (reference: string) => ({
  'io.containerd.image.name': reference,
  'org.opencontainers.image.ref.name': reference.slice(reference.lastIndexOf(':') + 1)
})

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
