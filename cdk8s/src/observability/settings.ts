import { createHash } from 'node:crypto'
import { k8s } from 'cdk8s-plus-28'
import { Construct } from 'constructs'
import { stringify } from 'yaml'
import { objectLabels } from '../labels.ts'

/** What the API server takes at most as one object, less the rest of the object. */
const MOST_BYTES = 1_000_000

export interface SettingsProps {
  /** Name of the ConfigMap. */
  readonly name: string
  /** Namespace of the ConfigMap. */
  readonly namespace: string
  /** Text of each file. */
  readonly files: ReadonlyMap<string, string>
  /** Folder of the container in which they appear. */
  readonly mountPath: string
}

/** Files of a program, in a ConfigMap; its hash stands in the pod, so that a change starts new pods. */
export class Settings extends Construct {
  readonly name: string
  readonly mountPath: string
  /** Of all names and contents. */
  readonly hash: string

  constructor(scope: Construct, id: string, props: SettingsProps) {
    super(scope, id)
    const { name, namespace, files } = props
    const bytes = [...files.values()].reduce((sum, text) => sum + Buffer.byteLength(text), 0)
    if (bytes > MOST_BYTES)
      throw new Error(
        `ConfigMap ${namespace}/${name} would have ${bytes} bytes of files, more than ${MOST_BYTES}: give some of them to a ConfigMap of their own`
      )
    this.name = name
    this.mountPath = props.mountPath
    this.hash = createHash('sha256')
      .update(JSON.stringify([...files]))
      .digest('hex')
      .slice(0, 16)
    new k8s.KubeConfigMap(this, 'files', {
      metadata: { name, namespace, labels: objectLabels({ name, component: 'observability' }) },
      data: Object.fromEntries(files)
    })
  }
}

/** A configuration as the text of its file. */
export const configurationText = (value: object): string => stringify(value, { version: '1.1', lineWidth: 0 })
