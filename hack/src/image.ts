/** THE list of our images, built without a Docker engine; each only again when what is in it changed. */
import { writeArchive, type Image, type ImageConfig } from './images/archive.ts'
import { bundleLayer } from './images/bundle.ts'
import {
  baseLayer,
  corednsLayer,
  nodeLayer,
  operatorsPageLayer,
  pauseLayer,
  postgresLayer,
  programLayer,
  rabbitmqLayer,
  redisLayer,
  scenariosLayer
} from './images/contents.ts'
import type { Layer } from './images/layer.ts'
import type { ToolName } from './tools.ts'

export { imageDigest, writeArchive, type Image } from './images/archive.ts'

interface Recipe {
  layers: () => Promise<Layer>[]
  config: ImageConfig
}

const PATH = 'PATH=/usr/local/bin:/usr/bin:/bin'

const ONE_ARENA = ['MALLOC_ARENA_MAX=1']

/**
 * The operator waits most of the time: a short-lived heap of 1 MB, no spare pages and one malloc arena save a quarter
 * of its memory. NODE_OPTIONS does not take the second flag.
 */
const SMALL = { flags: ['--max-semi-space-size=1', '--optimize-for-size'], env: ONE_ARENA }

/**
 * The proxy is small too, but compiled for speed: a request of its fast path makes little garbage, and 2 MB for it halve
 * the pauses. Larger ones would cost every pod memory and gain little.
 */
export const SIDECAR = { flags: ['--max-semi-space-size=2'], env: ONE_ARENA }

export const PROXY_ENTRIES = { proxy: 'proxy/src/main.ts' }

interface NodeProgram {
  /** From the name in the image (`proxy` for /app/proxy.mjs) to the file in the repository. */
  readonly entries: Readonly<Record<string, string>>
  /** The entry that runs when nothing else is said. */
  readonly main: string
  readonly flags?: readonly string[]
  readonly env?: readonly string[]
}

/** An image with Node and our programs in /app, run by a user without rights. */
const node = (name: string, { entries, main, flags = [], env = [] }: NodeProgram): Recipe => ({
  layers: () => [baseLayer(), nodeLayer(), bundleLayer(name, entries)],
  config: {
    Entrypoint: ['node', ...flags, `/app/${main}.mjs`],
    Env: [PATH, 'NODE_ENV=production', ...env],
    User: '65532:65532',
    WorkingDir: '/app'
  }
})

/** An image with ready programs, the first of which runs; its user may write to /tmp and to volumes. */
const program = (name: string, programs: Readonly<Record<string, ToolName>>): Recipe => ({
  layers: () => [baseLayer(), programLayer(name, programs)],
  config: {
    Entrypoint: Object.keys(programs).slice(0, 1),
    Env: [PATH],
    User: '65532:65532',
    WorkingDir: '/tmp'
  }
})

/** One node, which nothing outside of its pod joins or steers. */
const RABBITMQ_ENV = [
  'HOME=/var/lib/rabbitmq',
  'RABBITMQ_NODENAME=rabbit@localhost',
  'RABBITMQ_MNESIA_BASE=/var/lib/rabbitmq/mnesia',
  'RABBITMQ_LOG_BASE=/var/lib/rabbitmq/log',
  'RABBITMQ_CONFIG_FILE=/etc/rabbitmq/rabbitmq.conf',
  'RABBITMQ_CONFIG_FILES=/etc/rabbitmq/conf.d',
  'RABBITMQ_ENABLED_PLUGINS_FILE=/etc/rabbitmq/enabled_plugins',
  'RABBITMQ_CONF_ENV_FILE=/dev/null',
  'RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=-kernel inet_dist_use_interface {127,0,0,1}',
  'ERL_EPMD_ADDRESS=127.0.0.1',
  // A dump of its memory would fill the volume, and hold what must not be kept.
  'ERL_CRASH_DUMP_BYTES=0',
  // The script then becomes the broker, which takes the signals of its container, instead of waiting for it.
  'RUNNING_UNDER_SYSTEMD=true'
]

const RECIPES = {
  pause: { layers: () => [pauseLayer()], config: { Entrypoint: ['/pause'], User: '65532:65532' } },
  coredns: { layers: () => [corednsLayer()], config: { Entrypoint: ['/coredns'], User: '65532:65532' } },
  redis: {
    layers: () => [baseLayer(), redisLayer()],
    config: { Entrypoint: ['redis-server'], Env: [PATH], User: '65532:65532', WorkingDir: '/tmp' }
  },
  postgres: {
    layers: () => [baseLayer(), postgresLayer()],
    config: { Entrypoint: ['/entry.sh'], Env: [`${PATH}:/opt/postgres/bin`], User: '70:70' }
  },
  rabbitmq: {
    layers: () => [baseLayer(), rabbitmqLayer()],
    config: {
      Entrypoint: ['/entry.sh'],
      Env: [PATH, ...RABBITMQ_ENV],
      User: '65532:65532',
      WorkingDir: '/tmp'
    }
  },
  prometheus: program('prometheus', { prometheus: 'prometheus' }),
  // With its command, to silence from within the pod.
  alertmanager: program('alertmanager', { alertmanager: 'alertmanager', amtool: 'amtool' }),
  loki: program('loki', { loki: 'loki' }),
  jaeger: program('jaeger', { jaeger: 'jaeger' }),
  'collector-gateway': program('collector-gateway', { 'otelcol-gateway': 'otelcol-gateway' }),
  'collector-agent': program('collector-agent', { 'otelcol-agent': 'otelcol-agent' }),
  'redis-exporter': program('redis-exporter', { 'redis-exporter': 'redis-exporter' }),
  'postgres-exporter': program('postgres-exporter', { 'postgres-exporter': 'postgres-exporter' }),
  proxy: node('proxy', { entries: PROXY_ENTRIES, main: 'proxy', ...SIDECAR }),
  operator: node('operator', { entries: { operator: 'operator/src/main.ts' }, main: 'operator', ...SMALL }),
  examples: node('examples', {
    entries: {
      'mes-api': 'examples/src/mes/main.ts',
      'shop-api': 'examples/src/shop/main.ts',
      'crm-api': 'examples/src/crm/main.ts',
      seed: 'examples/src/data/seed-main.ts',
      load: 'examples/src/load/main.ts'
    },
    main: 'mes-api'
  }),
  orders: {
    layers: () => [
      baseLayer(),
      nodeLayer(),
      operatorsPageLayer(),
      bundleLayer('orders', {
        relay: 'orders/src/relay/main.ts',
        'crm-read-model': 'orders/src/crm/main.ts',
        operators: 'orders/src/operators/main.ts',
        customers: 'orders/src/customers/main.ts',
        logistics: 'orders/src/logistics/main.ts',
        setup: 'orders/src/setup/main.ts'
      })
    ],
    config: {
      // Which of the services runs is said by who starts it.
      Entrypoint: ['node'],
      Env: [PATH, 'NODE_ENV=production', ...ONE_ARENA],
      User: '65532:65532',
      WorkingDir: '/app'
    }
  },
  'load-test': {
    layers: () => [
      baseLayer(),
      nodeLayer(),
      programLayer('k6', { k6: 'k6' }),
      scenariosLayer(),
      bundleLayer('load-test', { 'load-test': 'loadtest/src/job-main.ts' })
    ],
    config: {
      Entrypoint: ['node', '/app/load-test.mjs'],
      Env: [PATH, 'NODE_ENV=production'],
      User: '65532:65532',
      WorkingDir: '/tmp'
    }
  }
} as const satisfies Record<string, Recipe>

export type ImageName = keyof typeof RECIPES

/** All names, in the order in which they are built. */
export const IMAGES = Object.keys(RECIPES) as ImageName[]

/** Those of the observability bundle: their programs are built first, which takes minutes. */
export const BUNDLE_IMAGES = [
  'prometheus',
  'alertmanager',
  'loki',
  'jaeger',
  'collector-gateway',
  'collector-agent',
  'redis-exporter'
] as const satisfies readonly ImageName[]

/** What a cluster gets when nothing else is asked for. */
export const PLATFORM_IMAGES: readonly ImageName[] = [
  'pause',
  'coredns',
  'redis',
  'postgres',
  'proxy',
  'operator',
  'examples',
  'postgres-exporter',
  'rabbitmq',
  'orders'
]

export const isImageName = (name: string): name is ImageName => Object.hasOwn(RECIPES, name)

/** localhost/alexandrite/NAME:dev: no registry is ever asked for it. */
export const imageReference = (name: ImageName): string => `localhost/alexandrite/${name}:dev`

/** Builds the layers that the cache lacks. @throws naming the entry point that does not exist */
export async function buildImage(name: ImageName): Promise<Image> {
  const { layers, config }: Recipe = RECIPES[name]
  return { reference: imageReference(name), layers: await Promise.all(layers()), config }
}

/** Builds several and writes them into one archive. */
export async function buildArchive(names: readonly ImageName[], file: string): Promise<Image[]> {
  const images: Image[] = []
  for (const name of names) images.push(await buildImage(name))
  await writeArchive(images, file)
  return images
}
