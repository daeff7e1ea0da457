import { k8s } from 'cdk8s-plus-28'

/** Where a program keeps its data. */
export type Storage =
  /** As long as its pod, on the node. */
  | {
      readonly kind: 'Ephemeral'
      /** The most it may take, a quantity; the pod is evicted beyond it. */
      readonly size: string
    }
  /** A volume of its own. */
  | {
      readonly kind: 'Persistent'
      /** A quantity. */
      readonly size: string
      /**
       * Name of the StorageClass.
       * @default - the cluster's default class
       */
      readonly storageClass?: string
    }

/** Name of the volume with a program's data. */
export const DATA_VOLUME = 'data'

/** The volume of the pod; a persistent one comes from the claim of the StatefulSet. */
export const dataVolumes = (storage: Storage): k8s.Volume[] =>
  storage.kind === 'Ephemeral'
    ? [{ name: DATA_VOLUME, emptyDir: { sizeLimit: k8s.Quantity.fromString(storage.size) } }]
    : []

/** The claim of the StatefulSet; none for data that end with the pod. */
export const dataClaims = (
  storage: Storage,
  labels: Record<string, string>
): k8s.KubePersistentVolumeClaimProps[] =>
  storage.kind === 'Ephemeral'
    ? []
    : [
        {
          metadata: { name: DATA_VOLUME, labels },
          spec: {
            accessModes: ['ReadWriteOnce'],
            resources: { requests: { storage: k8s.Quantity.fromString(storage.size) } },
            ...(storage.storageClass !== undefined && { storageClassName: storage.storageClass })
          }
        }
      ]
