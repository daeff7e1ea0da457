/** The same cluster by kind, where a Docker engine runs. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { buildArchive, type ImageName } from '../image.ts'
import { cacheDir } from '../paths.ts'
import { run, tryRun } from '../run.ts'

const NAME = 'alexandrite'
const kubeconfigFile = (): string => cacheDir('kind', 'kubeconfig')

/** Whether Docker answers and kind is on PATH. */
export async function kindIsUsable(): Promise<boolean> {
  if ((await tryRun('kind', ['version'], { timeoutMs: 10_000 })) === undefined) return false
  return (await tryRun('docker', ['info'], { timeoutMs: 10_000 })) !== undefined
}

export const kindIsUp = async (): Promise<boolean> =>
  ((await tryRun('kind', ['get', 'clusters'])) ?? '').split('\n').includes(NAME)

/** Creates the cluster unless it is there, and loads the images. @returns the kubeconfig's path */
export async function kindUp(count: number, images: readonly ImageName[]): Promise<string> {
  const file = kubeconfigFile()
  mkdirSync(cacheDir('kind'), { recursive: true })
  if (!(await kindIsUp())) {
    const workers = Array.from({ length: count - 1 }, () => ({ role: 'worker' }))
    const config = {
      kind: 'Cluster',
      apiVersion: 'kind.x-k8s.io/v1alpha4',
      nodes: [{ role: 'control-plane' }, ...workers]
    }
    const args = [
      'create',
      'cluster',
      '--name',
      NAME,
      '--config',
      '-',
      '--kubeconfig',
      file,
      '--wait',
      '180s'
    ]
    await run('kind', args, { input: stringify(config) })
  }
  await run('kind', ['export', 'kubeconfig', '--name', NAME, '--kubeconfig', file])
  await kindLoad(images)
  return file
}

export async function kindLoad(images: readonly ImageName[]): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'alexandrite-kind-'))
  const archive = join(folder, 'images.tar')
  try {
    const built = await buildArchive(images, archive)
    await run('kind', ['load', 'image-archive', archive, '--name', NAME])
    return built.map((image) => image.reference)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

export async function kindDown(): Promise<void> {
  await run('kind', ['delete', 'cluster', '--name', NAME])
  rmSync(cacheDir('kind'), { recursive: true, force: true })
}
