/** `node hack/cluster.ts up | down | status | images`: the cluster for development and tests. */
import { delimiter, dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { clusterDown, clusterKind, clusterUp, loadImages } from './src/cluster.ts'
import { clusterStatus } from './src/cluster/status.ts'
import { IMAGES, isImageName, type ImageName } from './src/image.ts'
import { messageOf } from './src/run.ts'
import { resolveTool } from './src/tools.ts'

const ALL = 'all'

const HELP = `Usage: node hack/cluster.ts COMMAND

  up [--nodes 2] [--image NAME]...   bring a cluster up, or keep the one that is up, and load our images
  images [NAME]...                   build the images that changed and load them into the running cluster
  status                             say what runs
  down                               remove the cluster and all that it put on this machine

Images: ${IMAGES.join(', ')};
${ALL} of them; without a name those of the platform and the example company. The programs of the observability
bundle and k6 are built from their sources the first time, some 20 minutes.
Where Docker and kind are, kind makes the cluster. Else it is a real Kubernetes of our own; that needs root.
`

async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      nodes: { type: 'string', default: '2' },
      image: { type: 'string', multiple: true },
      help: { type: 'boolean', short: 'h' }
    }
  })
  const [command, ...names] = positionals
  if (values.help) return print(HELP, 0)
  switch (command) {
    case 'up':
      return up(Number(values.nodes), values.image)
    case 'images':
      return print(
        (await loadImages(names.length > 0 ? imageNames(names) : undefined))
          .map((line) => `${line}\n`)
          .join(''),
        0
      )
    case 'status':
      return print(await clusterStatus(), 0)
    case 'down':
      await clusterDown()
      return 0
    default:
      return print(HELP, 2)
  }
}

async function up(nodes: number, images: readonly string[] | undefined): Promise<number> {
  process.stderr.write(`cluster: ${await clusterKind()}, ${nodes} nodes\n`)
  const kubeconfig = await clusterUp({ nodes, ...(images ? { images: imageNames(images) } : {}) })
  return print(`export KUBECONFIG=${kubeconfig}\n${await pathLine()}`, 0)
}

/** For `eval`: kubectl as well, where it is ours alone. */
async function pathLine(): Promise<string> {
  const folder = dirname(await resolveTool('kubectl'))
  const there = process.env.PATH?.split(delimiter).includes(folder)
  return there ? '' : `export PATH="$PATH:${folder}"\n`
}

function imageNames(names: readonly string[]): ImageName[] {
  const unknown = names.filter((name) => name !== ALL && !isImageName(name))
  if (unknown.length > 0)
    throw new Error(`unknown image ${unknown.join(', ')}; there are ${IMAGES.join(', ')}, or ${ALL}`)
  return names.includes(ALL) ? [...IMAGES] : names.filter(isImageName)
}

function print(text: string, code: number): number {
  process.stdout.write(text)
  return code
}

main(process.argv.slice(2)).then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    process.stderr.write(`${messageOf(error)}\n`)
    process.exitCode = 1
  }
)
