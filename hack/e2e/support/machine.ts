/** What the tests do to the machine under the cluster. Only the built-in cluster lets them. */
import { residentBytes, type ContainerReference } from '../../src/cluster.ts'

export { auditLog, killApiServer, signalContainer, startApiServerAgain } from '../../src/cluster.ts'

/** Resident memory of a container's first process, in MB (10^6 bytes). */
export async function residentMegabytes(container: ContainerReference): Promise<number> {
  return Math.round((await residentBytes(container)) / 1e6)
}
