import { readFileSync } from 'node:fs'
import type { CacheTier } from '@alexandrite/api'
import { compile, DEFAULT_NAMESPACE } from '@alexandrite/api'
import type { Images, InjectablePod } from '@alexandrite/operator/injector/index'
import type { Workload } from '@alexandrite/operator/controller/kube'
import type { Command } from 'commander'
import { parseAllDocuments, stringify } from 'yaml'
import { EXIT, negative, sentence, usageError } from '../errors.ts'
import type { Output } from '../output.ts'
import { readOneTier } from '../tier-files.ts'
import { addExamples } from './help.ts'

interface RenderOptions {
  readonly file: string
  readonly tier?: string
  readonly workload?: string
  readonly proxyImage: string
  readonly redisImage: string
  readonly json?: true
}

/** One object to print and what a reader should know about it. */
interface Rendered {
  readonly note: string
  readonly object: object
}

/** `alexandrite render` */
export function addRender(program: Command, output: Output): void {
  const command = program
    .command('render')
    .summary('print what the operator would apply for a tier')
    .description(
      'Prints the objects that the operator applies for a tier: the compiled policy, Services, a shared store; with --workload also the webhook entry and a pod of the workload as it would start. Asks no cluster.'
    )
    .requiredOption('-f, --file <file>', 'file with the CacheTier')
    .option('--tier <namespace/name>', 'the tier, when the file has several')
    .option('-w, --workload <file>', 'manifest of the Deployment or StatefulSet that the tier names')
    .option('--proxy-image <image>', 'image of the proxy sidecar', 'localhost/alexandrite/proxy:dev')
    .option('--redis-image <image>', 'image of Redis', 'localhost/alexandrite/redis:dev')
    .option('--json', 'print a JSON list instead of YAML')
    .action(async (options: RenderOptions) => {
      await render(options, output)
    })
  addExamples(command, {
    examples: [
      'alexandrite render -f tiers/mes-api.yaml',
      'alexandrite render -f tiers/mes-api.yaml --workload deploy/examples/mes-api.yaml'
    ],
    exit: {
      [EXIT.ok]: 'printed',
      [EXIT.negative]: 'the sidecars cannot go into this workload; the reason is printed'
    }
  })
}

async function render(options: RenderOptions, output: Output): Promise<void> {
  const tier = withNamespace(readOneTier(options.file, options.tier))
  const images = { proxy: options.proxyImage, redis: options.redisImage }
  const rendered = [...(await tierObjects(tier, images)), ...(await workloadObjects(tier, images, options))]
  if (options.json) {
    const items = rendered.map(({ object }) => object)
    output.out(JSON.stringify({ apiVersion: 'v1', kind: 'List', items }, null, 2))
    return
  }
  const documents = rendered.map(
    ({ note, object }) => `# ${note}\n${stringify(object, { lineWidth: 0, aliasDuplicateObjects: false })}`
  )
  output.out(documents.join('---\n').trimEnd())
  if (options.workload === undefined) {
    output.err(
      'the webhook entry and the sidecars depend on the workload: give its manifest with --workload FILE'
    )
  }
}

const withNamespace = (tier: CacheTier): CacheTier => ({
  ...tier,
  metadata: { ...tier.metadata, namespace: tier.metadata.namespace ?? DEFAULT_NAMESPACE }
})

async function tierObjects(tier: CacheTier, images: Images): Promise<Rendered[]> {
  const { tierManifests } = await import('@alexandrite/operator/controller/objects')
  const manifests = tierManifests(tier, { policy: compile(tier), images })
  return manifests.map((object) => ({ note: 'applied by the operator, owned by the CacheTier', object }))
}

async function workloadObjects(tier: CacheTier, images: Images, options: RenderOptions): Promise<Rendered[]> {
  if (options.workload === undefined) return []
  const workload = readWorkload(options.workload, tier)
  return [await webhookObject(tier, workload), await podObject(tier, workload, images)]
}

/** The certificate is the operator's own and made in the cluster. */
async function webhookObject(tier: CacheTier, workload: Workload): Promise<Rendered> {
  const { webhookConfiguration, webhookEntry } = await import('@alexandrite/operator/controller/webhook')
  const { OPERATOR_NAME: name, OPERATOR_NAMESPACE: namespace } = await import('@alexandrite/api')
  const endpoint = { kind: 'service', namespace, name, port: 443 } as const
  const entry = webhookEntry(compile(tier).tier, workload.spec.selector, { endpoint, caBundle: '' })
  return {
    note: "this tier's entry in the operator's one webhook configuration; the operator fills in caBundle",
    object: webhookConfiguration([entry])
  }
}

async function podObject(tier: CacheTier, workload: Workload, images: Images): Promise<Rendered> {
  const { injectPod } = await import('@alexandrite/operator/injector/index')
  const { name, namespace } = tier.metadata
  const title = `${tier.spec.workload.kind} ${namespace}/${tier.spec.workload.name}`
  const { metadata, spec } = workload.spec.template
  const pod: InjectablePod = { metadata: { ...metadata }, spec }
  const injection = injectPod(pod, tier, { images, policyHash: compile(tier).hash })
  if (injection.kind === 'refused') throw negative(`${title}: ${injection.message}`)
  if (injection.kind === 'unchanged')
    throw negative(`${title} has the sidecars of tier ${name} in its own manifest`)
  const object = {
    apiVersion: 'v1',
    kind: 'Pod',
    ...injection.pod,
    metadata: { generateName: `${tier.spec.workload.name}-`, namespace, ...injection.pod.metadata }
  }
  return {
    note: `a pod of ${title} as it starts; the ${tier.spec.workload.kind} itself is not edited`,
    object
  }
}

/** The workload that the tier names, among the objects of a manifest file. */
function readWorkload(path: string, tier: CacheTier): Workload {
  const { kind, name } = tier.spec.workload
  const objects = readObjects(path)
  const found = objects.find(
    (object) =>
      object.kind === kind &&
      object.metadata?.name === name &&
      (object.metadata.namespace ?? DEFAULT_NAMESPACE) === tier.metadata.namespace
  )
  if (found !== undefined && hasTemplate(found)) return found
  const known = objects.map(
    (o) => `${o.kind} ${o.metadata?.namespace ?? DEFAULT_NAMESPACE}/${o.metadata?.name}`
  )
  const has = known.length === 0 ? 'no object' : `only ${known.join(', ')}`
  throw usageError(
    `${path} has no ${kind} ${tier.metadata.namespace}/${name} with a pod template; it has ${has}`
  )
}

interface PlainObject {
  readonly kind?: string
  readonly metadata?: { readonly name?: string; readonly namespace?: string }
  readonly spec?: {
    readonly selector?: object
    readonly template?: { readonly spec?: { containers?: unknown } }
  }
}

const hasTemplate = (object: PlainObject): object is PlainObject & Workload =>
  object.spec?.selector !== undefined && Array.isArray(object.spec.template?.spec?.containers)

function readObjects(path: string): PlainObject[] {
  try {
    const documents = [parseAllDocuments(readFileSync(path, 'utf8'))].flat()
    const [error] = documents.flatMap((document) => document.errors)
    if (error !== undefined) throw error
    const values = documents.map((document) => document.toJS() as unknown)
    return values.filter((value): value is PlainObject => typeof value === 'object' && value !== null)
  } catch (error) {
    throw usageError(`cannot read the workload in ${path}: ${sentence(error)}`, error)
  }
}
