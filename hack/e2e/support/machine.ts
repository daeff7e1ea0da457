/** What the tests do to the machine under the cluster. Only the built-in cluster lets them. */
import { residentBytes, type ContainerReference } from '../../src/cluster.ts'

export { auditLog, killApiServer, signalContainer, startApiServerAgain } from '../../src/cluster.ts'

/** Resident memory of a container's first process in MiB, as ps and kubectl top count. */
export async function residentMebibytes(container: ContainerReference): Promise<number> {
  return Math.round((await residentBytes(container)) / 2 ** 20)
}
