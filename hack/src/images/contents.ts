/** What is in our images: root file systems from Debian packages, npm packages and Go builds. */
import { transformSync } from 'esbuild'
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync
} from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { unpackDebian } from '../apt.ts'
import { DEBIAN } from '../debian-bundles.ts'
import { REPOSITORY } from '../paths.ts'
import { COPY_VERSION, copyNative, nativeFolder } from '../postgres-files.ts'
import { run, say } from '../run.ts'
import { resolveTool, resolveTools, type ToolName } from '../tools.ts'
import { layer, type Layer } from './layer.ts'

const SUITE = 'bookworm'
const BASE_PACKAGES = ['libc6', 'libgcc-s1', 'libstdc++6', 'ca-certificates', 'tzdata']

/** Users that our images run as; Kubernetes names them by number. */
const PASSWD = [
  'root:x:0:0:root:/root:/sbin/nologin',
  'postgres:x:70:70:postgres:/var/lib/postgresql:/bin/sh',
  'nonroot:x:65532:65532:nonroot:/tmp:/sbin/nologin'
]

const PARTS_NOBODY_READS = [
  'usr/share/doc',
  'usr/share/man',
  'usr/share/lintian',
  'usr/share/bug',
  'usr/share/bash-completion'
]

/** glibc, libstdc++, certificates, time zones and users: the bottom of every image that is not one static file. */
export const baseLayer = (): Promise<Layer> =>
  layer('base', [SUITE, ...BASE_PACKAGES, ...PASSWD, ...PARTS_NOBODY_READS], async (root) => {
    await unpack('base', BASE_PACKAGES, root)
    const certificates = join(root, 'usr/share/ca-certificates/mozilla')
    const bundle = readdirSync(certificates)
      .sort()
      .map((file) => readFileSync(join(certificates, file), 'utf8'))
    mkdirSync(join(root, 'etc/ssl/certs'), { recursive: true })
    writeFileSync(join(root, 'etc/ssl/certs/ca-certificates.crt'), bundle.join(''))
    writeFileSync(join(root, 'etc/passwd'), PASSWD.join('\n') + '\n')
    writeFileSync(join(root, 'etc/group'), 'root:x:0:\npostgres:x:70:\nnonroot:x:65532:\n')
    mkdirSync(join(root, 'tmp'))
    chmodSync(join(root, 'tmp'), 0o1777)
  })

/** Node of the npm package `node`: the same one that runs the tests. Stripping it saves a seventh; not worth it. */
export const nodeLayer = (): Promise<Layer> => {
  const packageFile = createRequire(import.meta.url).resolve('node/package.json')
  return layer('node', [readFileSync(packageFile), process.arch], (root) => {
    const binary = join(dirname(packageFile), 'bin/node')
    if (!existsSync(binary)) throw new Error(`${binary} is missing: run \`npm install\` again`)
    const target = executable(root, 'usr/local/bin/node')
    copyFileSync(binary, target)
    chmodSync(target, 0o755)
  })
}

export const redisLayer = (): Promise<Layer> =>
  layer('redis', [JSON.stringify(DEBIAN.redis)], (root) => unpack('redis', DEBIAN.redis.packages, root))

/** PostgreSQL, and busybox for its entry script. */
export const postgresLayer = (): Promise<Layer> => {
  const native = nativeFolder()
  const entry = join(REPOSITORY, 'hack/images/postgres/entry.sh')
  const inputs = [String(COPY_VERSION), readFileSync(join(native, '../package.json')), readFileSync(entry)]
  return layer('postgres', inputs, async (root) => {
    await unpack('postgres', ['busybox-static'], root)
    linkApplets(root, ['sh', 'mkdir', 'mv', 'rm', 'sed'])
    mkdirSync(join(root, 'opt'))
    copyNative(native, join(root, 'opt/postgres'))
    for (const unused of ['include', 'lib/pkgconfig']) {
      rmSync(join(root, 'opt/postgres', unused), { recursive: true, force: true })
    }
    cpSync(entry, join(root, 'entry.sh'))
    chmodSync(join(root, 'entry.sh'), 0o755)
    mkdirSync(join(root, 'var/lib/postgresql'), { recursive: true })
    chmodSync(join(root, 'var/lib/postgresql'), 0o1777)
  })
}

/** Commands of busybox, for scripts. */
function linkApplets(root: string, applets: readonly string[]): void {
  for (const applet of applets) {
    const link = join(root, 'bin', applet)
    if (!existsSync(link)) symlinkSync('busybox', link)
  }
}

/** Without df the broker does not know its free disk, and says so in a metric that makes Prometheus refuse all. */
const RABBITMQ_APPLETS = [
  ...['sh', 'base64', 'basename', 'cat', 'chmod', 'date', 'df', 'dirname', 'expr', 'grep', 'head', 'id'],
  ...['mkdir', 'mv', 'printf', 'readlink', 'rm', 'sed', 'sleep', 'test', 'tr', 'uname']
]

/** RabbitMQ with its Erlang, at the paths that Debian's scripts expect, and busybox for them. */
export const rabbitmqLayer = (): Promise<Layer> => {
  const entry = join(REPOSITORY, 'hack/images/rabbitmq/entry.sh')
  const inputs = [JSON.stringify(DEBIAN.rabbitmq), RABBITMQ_APPLETS.join(), readFileSync(entry)]
  return layer('rabbitmq', inputs, async (root) => {
    await unpack('rabbitmq', ['busybox-static', ...DEBIAN.rabbitmq.packages], root)
    linkApplets(root, RABBITMQ_APPLETS)
    cpSync(entry, join(root, 'entry.sh'))
    chmodSync(join(root, 'entry.sh'), 0o755)
  })
}

/** The operators' page, at /app/page beside the bundle that serves it; its script without its types. */
export const operatorsPageLayer = (): Promise<Layer> => {
  const room = join(REPOSITORY, 'orders/src/operators/page')
  const script = transformSync(readFileSync(join(room, 'client.ts'), 'utf8'), {
    loader: 'ts',
    target: 'es2024'
  })
  const files = new Map<string, string | Buffer>([
    ['client.js', script.code],
    ...['index.html', 'page.css'].map((file) => [file, readFileSync(join(room, file))] as const)
  ])
  return layer('operators-page', [...files].flat(), (root) => {
    mkdirSync(join(root, 'app/page'), { recursive: true })
    for (const [file, content] of files) writeFileSync(join(root, 'app/page', file), content)
  })
}

export const pauseLayer = (): Promise<Layer> => {
  const source = join(REPOSITORY, 'hack/images/pause')
  return layer('pause', [readFileSync(join(source, 'main.go')), process.arch], async (root) => {
    const args = ['build', '-trimpath', '-ldflags', '-s -w', '-o', join(root, 'pause'), '.']
    const env = { CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false' }
    await run(await resolveTool('go'), args, { cwd: source, env })
  })
}

export const corednsLayer = async (): Promise<Layer> => {
  const binary = await resolveTool('coredns')
  return layer('coredns', [binary], (root) => copyFileSync(binary, executable(root, 'coredns')))
}

/** Ready programs, from the file's name in /usr/local/bin to the tool: Debian's need the base layer's glibc. */
export const programLayer = async (
  name: string,
  programs: Readonly<Record<string, ToolName>>
): Promise<Layer> => {
  const binaries = await resolveTools(Object.values(programs))
  const files = Object.entries(programs).map(([file, tool]) => ({ file, binary: binaries[tool] }))
  const inputs = files.flatMap(({ file, binary }) => [file, binary, String(statSync(binary).mtimeMs)])
  return layer(name, inputs, (root) => {
    for (const { file, binary } of files) {
      copyFileSync(binary, executable(root, `usr/local/bin/${file}`))
      chmodSync(join(root, 'usr/local/bin', file), 0o755)
    }
  })
}

/** What k6 reads of the load tests: it takes TypeScript as it is. */
export const scenariosLayer = (): Promise<Layer> => {
  const room = join(REPOSITORY, 'loadtest')
  const scenarios = readdirSync(join(room, 'scenarios')).map((file) => `scenarios/${file}`)
  // All else that they import from src are types.
  const files = [...scenarios.filter((file) => file.endsWith('.ts')), 'src/routes.ts', 'src/units.ts'].sort()
  const inputs = files.flatMap((file) => [file, readFileSync(join(room, file))])
  return layer('scenarios', inputs, (root) => {
    for (const folder of ['scenarios', 'src']) mkdirSync(join(root, 'loadtest', folder), { recursive: true })
    for (const file of files) copyFileSync(join(room, file), join(root, 'loadtest', file))
  })
}

function executable(root: string, path: string): string {
  const file = join(root, path)
  mkdirSync(dirname(file), { recursive: true })
  return file
}

async function unpack(name: string, packages: readonly string[], root: string): Promise<void> {
  say(`images: unpacking the layer ${name} from Debian ${SUITE} (${packages.length} packages)`)
  await unpackDebian(SUITE, packages, root)
  for (const part of PARTS_NOBODY_READS) rmSync(join(root, part), { recursive: true, force: true })
}
