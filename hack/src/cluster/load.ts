/** Brings our images to the nodes, each only when the node has another version or none. */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { buildImage, imageDigest, writeArchive, type Image, type ImageName } from '../image.ts'
import { cacheDir } from '../paths.ts'
import { run } from '../run.ts'
import { resolveTool } from '../tools.ts'
import { nodes, type Node } from './layout.ts'
import { runningState } from './state.ts'

/** Builds what changed and loads it into every node of the running cluster. @returns the references that were loaded */
export async function loadImages(names: readonly ImageName[]): Promise<string[]> {
  return loadInto(nodes(runningState().nodes), names)
}

/** The same for nodes whose containerd answers already. */
export async function loadInto(all: readonly Node[], names: readonly ImageName[]): Promise<string[]> {
  const images: Image[] = []
  for (const name of names) images.push(await buildImage(name))
  const missing = await Promise.all(all.map((node) => missingOn(node, images)))
  const wanted = images.filter((image) => missing.some((list) => list.includes(image)))
  if (wanted.length > 0) {
    await importInto(
      all.filter((_, index) => missing[index]?.length),
      wanted
    )
  }
  return wanted.map((image) => image.reference)
}

async function missingOn(node: Node, images: readonly Image[]): Promise<Image[]> {
  const list = await ctr(node, ['images', 'list'])
  const lines = list.split('\n').map((line) => line.split(/\s+/))
  return images.filter(
    (image) => !lines.some(([name, , digest]) => name === image.reference && digest === imageDigest(image))
  )
}

async function importInto(all: readonly Node[], images: readonly Image[]): Promise<void> {
  // Emptied first: a run that was killed leaves its archive.
  const folder = cacheDir('cluster-images')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const archive = join(folder, 'images.tar')
  try {
    await writeArchive(images, archive)
    await Promise.all(all.map((node) => ctr(node, ['images', 'import', archive])))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Runs `ctr` of a node in Kubernetes' namespace of containerd. */
export async function ctr(node: Node, args: readonly string[]): Promise<string> {
  return run(await resolveTool('ctr'), ['--address', node.socket, '--namespace', 'k8s.io', ...args])
}
