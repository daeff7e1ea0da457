/** A Kubernetes cluster for development and tests: kind where Docker runs, else a real one of our own. */
import { bringUp, type UpOptions } from './cluster/up.ts'
import { tearDown } from './cluster/down.ts'
import { kindDown, kindIsUp, kindIsUsable, kindLoad, kindUp } from './cluster/kind.ts'
import { loadImages as loadIntoNodes } from './cluster/load.ts'
import { PLATFORM_IMAGES, type ImageName } from './image.ts'
import { withLock } from './lock.ts'
import { cacheDir } from './paths.ts'

export { adminKubeconfig } from './cluster/layout.ts'
export {
  auditLog,
  containerPid,
  killApiServer,
  residentBytes,
  signalContainer,
  startApiServerAgain,
  type ContainerReference
} from './cluster/faults.ts'
export { leftovers } from './cluster/leftovers.ts'
export type { UpOptions } from './cluster/up.ts'

/** Which of the two this machine gets. */
export const clusterKind = async (): Promise<'kind' | 'built-in'> =>
  (await kindIsUsable()) ? 'kind' : 'built-in'

/** Brings the cluster up, or keeps the one that is up, with current images. @returns the kubeconfig's path */
export async function clusterUp(options: UpOptions = {}): Promise<string> {
  if ((await clusterKind()) === 'kind') return kindUp(options.nodes ?? 2, options.images ?? PLATFORM_IMAGES)
  requireRoot()
  return locked(() => bringUp(options))
}

/** Removes the cluster and everything that it put on the machine. */
export async function clusterDown(): Promise<void> {
  if ((await clusterKind()) === 'kind') {
    if (await kindIsUp()) await kindDown()
    return
  }
  requireRoot()
  await locked(tearDown)
}

/** Builds images that changed and loads them into the running cluster. @returns what was loaded */
export async function loadImages(names: readonly ImageName[] = PLATFORM_IMAGES): Promise<string[]> {
  if ((await clusterKind()) === 'kind') return kindLoad(names)
  requireRoot()
  return locked(() => loadIntoNodes(names))
}

function requireRoot(): void {
  if (process.getuid?.() === 0) return
  throw new Error(
    'a cluster without Docker needs root (for network namespaces, mounts and control groups): use sudo'
  )
}

const locked = <T>(work: () => Promise<T>): Promise<T> =>
  withLock(cacheDir('locks', 'cluster'), 'cluster', work)
