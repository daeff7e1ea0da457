import { Construct } from 'constructs'
import { SingleServer } from '../single-server.ts'
import { bundleLabels, bundlePod, portsOf } from './bundle-pod.ts'
import type { BundlePodOptions } from './bundle-pod.ts'
import { DATA_VOLUME, dataClaims, dataVolumes } from './storage.ts'
import type { Storage } from './storage.ts'

export interface BundleServerProps extends BundlePodOptions {
  /** Namespace of its objects. */
  readonly namespace: string
  /**
   * Where it keeps data, and the folder of the container with them.
   * @default - it has none
   */
  readonly data?: { readonly storage: Storage; readonly folder: string }
}

/**
 * A program of the bundle: a Service with its ports and one pod, of which there are never two.
 * It has no disruption budget: with one pod it would only stop nodes from being drained.
 */
export class BundleServer extends Construct {
  constructor(scope: Construct, id: string, props: BundleServerProps) {
    super(scope, id)
    const { program, namespace, data } = props
    const labels = bundleLabels(program)
    const metadata = { name: program, namespace, labels }
    const volumes = [...(props.volumes ?? []), ...(data ? dataVolumes(data.storage) : [])]
    const dataMount = data ? [{ name: DATA_VOLUME, mountPath: data.folder }] : []
    const mounts = [...(props.mounts ?? []), ...dataMount]
    new SingleServer(this, 'server', {
      metadata,
      ports: portsOf(program, 'Service').map(({ name, port, protocol }) => ({
        name,
        port,
        ...(protocol !== undefined && { protocol })
      })),
      template: bundlePod({ ...props, volumes, mounts }),
      volumeClaimTemplates: data ? dataClaims(data.storage, labels) : []
    })
  }
}
