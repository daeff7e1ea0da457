import { RECEIVERS_VOLUME } from '../observability/alertmanager.ts'
import { SETTINGS_ANNOTATION } from '../observability/bundle-pod.ts'
import { observabilityCharts, PLACEHOLDER_MAIL } from '../observability/charts.ts'
import type { StoringProgram } from '../observability/charts.ts'
import { DEFAULT_RETENTION } from '../observability/config/programs.ts'
import type { Program } from '../observability/endpoints.ts'
import { synthesize } from '../synthesis.ts'
import type { KubeObject } from '../synthesis.ts'
import type { HelmChart } from './helm-chart.ts'
import type { Knob, Step, Switch, Target, Variant } from './knob.ts'
import { SCHEMAS } from './values.ts'

/** Names in values.yaml, which are those of people. */
const VALUE_NAMES: Readonly<Record<Program, string>> = {
  'otelcol-gateway': 'gateway',
  'otelcol-agent': 'agent',
  prometheus: 'prometheus',
  alertmanager: 'alertmanager',
  loki: 'loki',
  jaeger: 'jaeger',
  grafana: 'grafana',
  'redis-exporter': 'redisExporter'
}
/** The file of each program; Jaeger keeps traces in memory, so it is not here. */
const STORING: Readonly<Partial<Record<StoringProgram, string>>> = {
  'otelcol-gateway': 'collector-gateway',
  prometheus: 'prometheus',
  alertmanager: 'alertmanager',
  loki: 'loki',
  grafana: 'grafana'
}
const PROGRAMS = Object.keys(VALUE_NAMES) as Program[]
const STORING_PROGRAMS = Object.keys(STORING) as StoringProgram[]

const pod = (program: Program, ...path: Step[]): Target => ({
  kind: program === 'otelcol-agent' ? 'DaemonSet' : 'StatefulSet',
  name: program,
  path: ['spec', 'template', ...path]
})
const container = (program: Program, ...path: Step[]): Target =>
  pod(program, 'spec', 'containers', { named: program }, ...path)

const ofEach: readonly Knob[] = PROGRAMS.flatMap((program) => [
  {
    value: `${VALUE_NAMES[program]}.image`,
    description: 'Image.',
    schema: SCHEMAS.image,
    targets: [container(program, 'image')]
  },
  {
    value: `${VALUE_NAMES[program]}.resources`,
    description: resourcesSentence(program),
    schema: SCHEMAS.resources,
    targets: [container(program, 'resources')]
  }
])

function resourcesSentence(program: Program): string {
  const collects = 'Requests and limits; garbage is collected harder from the memory request on.'
  if (program === 'otelcol-gateway')
    return `${collects} The collector itself refuses data from 80 % of 224 MiB on: a lower limit wants another one in its configuration.`
  if (program === 'otelcol-agent')
    return `${collects} The collector itself refuses data from 80 % of 96 MiB on: a lower limit wants another one in its configuration.`
  return collects
}

const SIZE = 'SIZE-OF-STORAGE'
const CLASS = 'CLASS-OF-STORAGE'
const storageOf = (program: StoringProgram): string => `${VALUE_NAMES[program]}.storage`

const sizes: readonly Knob[] = STORING_PROGRAMS.map((program) => ({
  value: `${storageOf(program)}.size`,
  description: 'How much its data may take.',
  schema: SCHEMAS.quantity,
  targets: [pod(program, 'spec', 'volumes', { named: 'data' }, 'emptyDir', 'sizeLimit')]
}))

const storageSwitches: readonly Switch[] = STORING_PROGRAMS.flatMap((program) => [
  {
    value: `${storageOf(program)}.kind`,
    description: 'Ephemeral: its data end with its pod. Persistent: a volume of its own.',
    initial: 'Ephemeral',
    schema: { enum: ['Ephemeral', 'Persistent'] }
  },
  {
    value: `${storageOf(program)}.className`,
    description: 'StorageClass of the volume. Empty: the default class of the cluster.',
    initial: ''
  }
])

const storageVariants = (): Variant[] =>
  STORING_PROGRAMS.map((program) => {
    const storage = { [program]: { kind: 'Persistent', size: SIZE, storageClass: CLASS } as const }
    const file = STORING[program] ?? ''
    const changed = observabilityCharts({ storage })[file]
    return {
      when: `eq .Values.${storageOf(program)}.kind "Persistent"`,
      objects: synthesize(changed === undefined ? {} : { [file]: changed }),
      marks: {
        [SIZE]: { value: `${storageOf(program)}.size` },
        [CLASS]: { value: `${storageOf(program)}.className`, whenEmpty: 'NoLine' }
      }
    }
  })

const retention: readonly Knob[] = [
  {
    value: 'prometheus.retention.time',
    description: 'How long samples are kept.',
    schema: { pattern: '^[0-9]+(h|d|w|y)$' },
    targets: [{ ...container('prometheus', 'args', 2), part: DEFAULT_RETENTION.time }]
  },
  {
    value: 'prometheus.retention.size',
    description: 'Bytes on disk from which on the oldest samples go; less than the storage.',
    schema: { pattern: '^[0-9]+(MB|GB|TB)$' },
    targets: [{ ...container('prometheus', 'args', 3), part: DEFAULT_RETENTION.size }]
  },
  {
    value: 'loki.retention',
    description: 'How long lines are kept: whole days, in hours.',
    schema: { pattern: '^[0-9]+h$' },
    targets: [container('loki', 'env', { named: 'LOKI_RETENTION' }, 'value')]
  }
]

const mailText = (part: string): Target[] => [
  { kind: 'ConfigMap', name: 'alertmanager-config', path: ['data', 'alertmanager.yaml'], part }
]
const ADDRESS = { pattern: '^[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+$' }

const mail: readonly Knob[] = [
  {
    value: 'mail.smarthost',
    description: 'HOST:PORT of the mail relay, which speaks TLS.',
    schema: { pattern: '^[A-Za-z0-9.-]+:[0-9]+$' },
    targets: mailText(PLACEHOLDER_MAIL.smarthost)
  },
  {
    value: 'mail.from',
    description: 'Sender of the mail.',
    schema: ADDRESS,
    targets: mailText(PLACEHOLDER_MAIL.from)
  },
  {
    value: 'mail.username',
    description: 'Account at the relay; its password is in the Secret of the receivers.',
    schema: { pattern: '^[A-Za-z0-9._@+-]+$' },
    targets: mailText(PLACEHOLDER_MAIL.username)
  },
  ...Object.entries(PLACEHOLDER_MAIL.to).map(([team, address]) => ({
    value: `mail.to.${team}`,
    description: `Who gets tickets of the team ${team}.`,
    schema: ADDRESS,
    targets: mailText(address)
  }))
]

const secrets: readonly Knob[] = [
  {
    value: 'alertmanager.receiversSecret',
    description:
      'Secret of the namespace with the keys pager-url, chat-url, deadman-url and smtp-password. You make it.',
    schema: SCHEMAS.name,
    targets: [pod('alertmanager', 'spec', 'volumes', { named: RECEIVERS_VOLUME }, 'secret', 'secretName')]
  },
  {
    value: 'alertmanager.receiverPorts',
    description: 'Ports of pager, chat and mail relay that Alertmanager may reach.',
    schema: { items: { type: 'object', required: ['port', 'protocol'] } },
    targets: [{ kind: 'NetworkPolicy', name: 'alertmanager', path: ['spec', 'egress', 0, 'ports'] }]
  },
  {
    value: 'grafana.adminSecret',
    description:
      'Secret of the namespace with the password of the administrator, key `password`. You make it.',
    schema: SCHEMAS.name,
    targets: [
      container(
        'grafana',
        'env',
        { named: 'GF_SECURITY_ADMIN_PASSWORD' },
        'valueFrom',
        'secretKeyRef',
        'name'
      )
    ]
  }
]

/** The whole bundle. */
export function observabilityChart(): HelmChart {
  const objects = synthesize(observabilityCharts())
  return {
    name: 'alexandrite-observability',
    description:
      'Collectors, Prometheus, Alertmanager, Loki, Jaeger and Grafana, with their rules and dashboards.',
    objects,
    knobs: [...ofEach, ...sizes, ...retention, ...mail, ...secrets],
    switches: [
      ...storageSwitches,
      {
        value: 'namespace.create',
        description:
          'Whether the chart makes the namespaces observability and observability-nodes. Without, they must be there, the second one for pods that mount a folder of the node.',
        initial: true
      },
      {
        value: 'grafana.enabled',
        description: 'Whether Grafana is installed.',
        initial: true
      }
    ],
    variants: storageVariants(),
    optional: { namespaces: '.Values.namespace.create', grafana: '.Values.grafana.enabled' },
    // Its text stands in a ConfigMap, which no pod notices.
    restarts: [{ hash: settingsHash(objects, 'alertmanager'), values: 'mail' }]
  }
}

interface Annotated {
  readonly spec?: {
    readonly template?: { readonly metadata?: { readonly annotations?: Record<string, string> } }
  }
}

function settingsHash(objects: ReadonlyMap<string, readonly KubeObject[]>, program: Program): string {
  const workload = objects.get(program)?.find(({ kind }) => kind === 'StatefulSet') as Annotated | undefined
  const hash = workload?.spec?.template?.metadata?.annotations?.[SETTINGS_ANNOTATION]
  if (hash === undefined) throw new Error(`charts: ${program} has no annotation ${SETTINGS_ANNOTATION}`)
  return hash
}
