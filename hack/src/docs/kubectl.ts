/** Whether a command line of kubectl speaks of what is in the cluster. */
import type { Installed, InstalledObject, PodTemplate, Port } from './installed.ts'
import type { KubectlLine } from './kubectl-line.ts'
import { operandsOf, readKubectl } from './kubectl-line.ts'
import { isPlaceholder, some } from './problem.ts'
import type { Wrong } from './problem.ts'
import { resourceNamed } from './resources.ts'
import type { Resource } from './resources.ts'

export interface KubectlContext {
  readonly installed: Installed
  /** Undefined when the file is there, or the document says how to make it. */
  readonly wrongFile: (path: string, as: 'File' | 'Kustomization') => Wrong | undefined
  readonly place: 'Block' | 'Sentence'
}

/** Words are those after `kubectl`. */
export function kubectlProblems(words: readonly string[], context: KubectlContext): Wrong[] {
  const line = readKubectl(words)
  if ('what' in line) return [line]
  const namespace = namespaceOf(line)
  return [
    ...namespaceProblems(namespace, context.installed),
    ...fileProblems(line, context),
    ...selectorProblems(line, namespace, context.installed),
    ...CHECKS[operandsOf(line)]({ line, namespace, context })
  ]
}

/** Undefined: the line names none; * stands for all. */
type Namespace = string | undefined

interface Looked {
  readonly line: KubectlLine
  readonly namespace: Namespace
  readonly context: KubectlContext
}

const CHECKS: Readonly<Record<ReturnType<typeof operandsOf>, (looked: Looked) => Wrong[]>> = {
  Objects: objectProblems,
  Pod: podProblems,
  Field: fieldProblems,
  Files: () => [],
  Anything: () => []
}

const ALL = '*'

const namespaceOf = ({ flags }: KubectlLine): string | undefined =>
  flags.has('all-namespaces') ? ALL : flags.get('namespace')?.[0]

function namespaceProblems(namespace: Namespace, { namespaces }: Installed): Wrong[] {
  if (namespace === undefined || namespace === ALL || isPlaceholder(namespace)) return []
  if (namespaces.has(namespace)) return []
  return [{ what: `no manifest has the namespace "${namespace}"`, mend: `take one of ${some(namespaces)}` }]
}

function fileProblems({ flags }: KubectlLine, { wrongFile }: KubectlContext): Wrong[] {
  const wrong = [
    ...(flags.get('filename') ?? []).map((path) => wrongFile(path, 'File')),
    ...(flags.get('kustomize') ?? []).map((path) => wrongFile(path, 'Kustomization'))
  ]
  return wrong.filter((each) => each !== undefined)
}

const isIn = (namespace: Namespace, { namespace: own }: InstalledObject): boolean =>
  namespace === undefined || namespace === ALL || isPlaceholder(namespace) || own === namespace

function selectorProblems({ flags }: KubectlLine, namespace: Namespace, { templates }: Installed): Wrong[] {
  const there = templates.filter((template) => isIn(namespace, template))
  return (flags.get('selector') ?? []).flatMap((selector) => {
    const wanted = selector.split(',').map((term) => term.split(/==?/))
    const fits = ({ labels }: PodTemplate) =>
      wanted.every(([label = '', value]) =>
        value === undefined || isPlaceholder(value) ? label in labels : labels[label] === value
      )
    if (there.some(fits)) return []
    const [label = ''] = wanted[0] ?? []
    const values = there.flatMap(({ labels }) => labels[label] ?? [])
    return [
      {
        what: `no pod template there has the labels ${selector}`,
        mend: values.length > 0 ? `${label} is one of ${some(values)}` : `no pod there has the label ${label}`
      }
    ]
  })
}

interface Reference {
  readonly type: string
  readonly name: string | undefined
}

/** TYPE, TYPE NAME…, TYPE/NAME…; what has an equals sign is a value to be set. */
function referencesIn(operands: readonly string[]): Reference[] {
  const objects = operands.filter((operand) => !operand.includes('='))
  const [first = '', ...names] = objects
  if (first === '') return []
  if (first.includes('/'))
    return objects.map((object) => {
      const [type = '', name = ''] = object.split('/')
      return { type, name }
    })
  if (names.length === 0) return [{ type: first, name: undefined }]
  return names.map((name) => ({ type: first, name }))
}

function objectProblems({ line, namespace, context }: Looked): Wrong[] {
  return referencesIn(line.operands).flatMap((reference) => {
    const resource = resourceNamed(reference.type)
    if (resource === undefined) return [unknownType(reference.type)]
    return [
      ...scopeProblems(resource, reference.name, { line, namespace, context }),
      ...nameProblems(resource, reference.name, namespace, context.installed),
      ...(line.subverb === 'image' ? containerProblems(line, reference, context.installed) : [])
    ]
  })
}

const unknownType = (type: string): Wrong => ({
  what: `there is no type "${type}"`,
  mend: 'write it as in "kubectl api-resources", or add it to hack/src/docs/resources.ts'
})

/** Without a namespace kubectl looks in `default`, where nothing of ours is. A mention in a sentence may leave it out. */
function scopeProblems(
  resource: Resource,
  name: string | undefined,
  { namespace, context }: Looked
): Wrong[] {
  const mention = context.place === 'Sentence' && name === undefined
  if (namespace !== undefined || resource.scope === 'Cluster' || mention) return []
  const places = objectsOf(resource, context.installed).filter((object) => object.name === name)
  const where = places[0]?.namespace ?? 'NAMESPACE'
  return [{ what: 'it names no namespace, so it looks in "default"', mend: `add -n ${where}` }]
}

const objectsOf = ({ kind }: Resource, { objects }: Installed): InstalledObject[] =>
  objects.filter((object) => object.kind === kind)

function nameProblems(
  resource: Resource,
  name: string | undefined,
  namespace: Namespace,
  installed: Installed
): Wrong[] {
  if (name === undefined || isPlaceholder(name)) return []
  const there = objectsOf(resource, installed).filter((object) => isIn(namespace, object))
  if (resource.kind === 'Pod') return isPodOf(name, namespace, installed) ? [] : [unknownPod(name)]
  if (there.some((object) => object.name === name)) return []
  const elsewhere = objectsOf(resource, installed).find((object) => object.name === name)
  return [
    {
      what: `there is no ${resource.kind} "${name}"${namespace === undefined ? '' : ` in ${namespace}`}`,
      mend: elsewhere
        ? `it is in the namespace ${elsewhere.namespace ?? ''}`
        : `there are ${some(there.map((object) => object.name)) || 'none there'}`
    }
  ]
}

/** Pods of a StatefulSet are counted; the names of others cannot be known. */
const isPodOf = (name: string, namespace: Namespace, { templates }: Installed): boolean =>
  templates.some(
    (template) =>
      isIn(namespace, template) && template.kind === 'StatefulSet' && name === `${template.name}-0`
  )

const unknownPod = (name: string): Wrong => ({
  what: `no pod is called "${name}"`,
  mend: 'write POD, or deployment/NAME where kubectl takes it'
})

function containerProblems(
  { operands }: KubectlLine,
  { name }: Reference,
  { templates }: Installed
): Wrong[] {
  const template = templates.find((each) => each.name === name)
  const images = operands.filter((operand) => operand.includes('='))
  return images.flatMap((image) => {
    const [container = ''] = image.split('=')
    if (!template || container === '*' || template.containers.includes(container)) return []
    return [
      {
        what: `${template.name} has no container "${container}"`,
        mend: `it has ${some(template.containers)}`
      }
    ]
  })
}

/** The first operand is POD or TYPE/NAME, those after it are ports to be forwarded. */
function podProblems(looked: Looked): Wrong[] {
  const { line, namespace, context } = looked
  const [target = '', ...rest] = line.operands
  if (target === '') return []
  const [type, name] = target.includes('/') ? target.split('/') : ['pod', target]
  const resource = resourceNamed(type ?? '')
  if (resource === undefined) return [unknownType(type ?? '')]
  const container = line.flags.get('container')?.[0]
  const templates = context.installed.templates.filter(
    (template) => isIn(namespace, template) && (resource.kind === 'Pod' || template.name === name)
  )
  return [
    ...scopeProblems(resource, name, looked),
    ...nameProblems(resource, name, namespace, context.installed),
    ...missingContainer(container, templates),
    ...(line.verb === 'port-forward' ? portProblems(rest, portsOf(resource, name, looked)) : [])
  ]
}

function missingContainer(container: string | undefined, templates: readonly PodTemplate[]): Wrong[] {
  const there = templates.flatMap(({ containers }) => containers)
  if (container === undefined || isPlaceholder(container) || there.includes(container)) return []
  return [{ what: `no pod there has a container "${container}"`, mend: `there are ${some(there)}` }]
}

function portsOf(
  { kind }: Resource,
  name: string | undefined,
  { namespace, context }: Looked
): readonly Port[] {
  const { templates, services } = context.installed
  const all = kind === 'Service' ? services : templates
  return all
    .filter((each) => isIn(namespace, each) && (kind === 'Pod' || each.name === name))
    .flatMap(({ ports }) => ports)
}

function portProblems(written: readonly string[], ports: readonly Port[]): Wrong[] {
  return written.flatMap((pair) => {
    const remote = pair.split(':').at(-1) ?? ''
    const there = ports.some((port) => String(port) === remote)
    if (there || isPlaceholder(remote)) return []
    return [{ what: `it has no port ${remote}`, mend: `it has ${some(ports.map(String)) || 'none'}` }]
  })
}

function fieldProblems({ line }: Looked): Wrong[] {
  const [type = ''] = (line.operands[0] ?? '').split('.')
  return type === '' || resourceNamed(type) ? [] : [unknownType(type)]
}
