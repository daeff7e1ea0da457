/**
 * Debian packages without root and without installing them: a private apt configuration whose lists lie in
 * the cache, `apt-get download`, `dpkg -x`. The mirror is the machine's own, asked for at run time.
 */
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { withLock } from './lock.ts'
import { cacheDir } from './paths.ts'
import { messageOf, run } from './run.ts'

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'
const LISTS_ARE_FRESH_FOR = 24 * 3600 * 1000

/** Downloads packages of a suite and unpacks them into `root`. @throws with the package names and apt's words */
export async function unpackDebian(suite: string, packages: readonly string[], root: string): Promise<void> {
  const archives = join(root, '.archives')
  mkdirSync(archives, { recursive: true })
  const download = async () =>
    run('apt-get', [...(await privateApt(suite)), 'download', ...packages], { cwd: archives })
  try {
    // The mirror may have replaced a version since the lists were made: then new lists name the new one.
    await download().catch(() => {
      rmSync(stampOf(suite), { force: true })
      return download()
    })
  } catch (error) {
    throw new Error(`cannot download ${packages.join(', ')} from Debian ${suite}: ${messageOf(error)}`, {
      cause: error
    })
  }
  for (const archive of readdirSync(archives)) await run('dpkg', ['-x', join(archives, archive), root])
  rmSync(archives, { recursive: true })
}

const stampOf = (suite: string): string => cacheDir('apt', suite, 'updated')

/** Options that make apt-get use lists of `suite` in the cache and nothing of the system but its mirror and keys. */
async function privateApt(suite: string): Promise<string[]> {
  const folder = cacheDir('apt', suite)
  const sources = join(folder, 'sources.list')
  const stamp = stampOf(suite)
  const options = aptOptions(folder, sources)
  await withLock(cacheDir('locks', `apt-${suite}`), `package lists of Debian ${suite}`, async () => {
    if (existsSync(stamp) && Date.now() - statSync(stamp).mtimeMs < LISTS_ARE_FRESH_FOR) return
    for (const below of ['lists/partial', 'archives/partial', 'log']) {
      mkdirSync(join(folder, below), { recursive: true })
    }
    writeFileSync(join(folder, 'status'), '')
    await updateLists(suite, sources, options)
    writeFileSync(stamp, '')
  })
  return options
}

async function updateLists(suite: string, sources: string, options: readonly string[]): Promise<void> {
  const failures: string[] = []
  for (const mirror of await mirrors()) {
    const signedBy = existsSync(KEYRING) ? `[signed-by=${KEYRING}] ` : ''
    writeFileSync(sources, `deb ${signedBy}${mirror} ${suite} main\n`)
    try {
      await run('apt-get', [...options, '--error-on=any', 'update'])
      return
    } catch (error) {
      failures.push(messageOf(error))
    }
  }
  throw new Error(
    `none of this machine's apt mirrors serves Debian ${suite}: ${failures.join('\n') || 'none is set'}`
  )
}

/** What the machine would ask for on an update: also known where its own lists were never fetched. */
const mirrors = async (): Promise<string[]> => mirrorsIn(await run('apt-get', ['update', '--print-uris']))

/** Addresses of the mirrors in the lines of `apt-get update --print-uris`; the security archive has other suites. */
export function mirrorsIn(lines: string): string[] {
  const sites = [...lines.matchAll(/^'(.*?)\/dists\//gm)].map(([, site = '']) => site)
  return [...new Set(sites)].filter((site) => !site.includes('security'))
}

function aptOptions(folder: string, sources: string): string[] {
  const settings = {
    'Dir::Etc::sourcelist': sources,
    'Dir::Etc::sourceparts': '-',
    'Dir::Etc::preferences': '-',
    'Dir::Etc::preferencesparts': '-',
    'Dir::State': folder,
    'Dir::State::lists': join(folder, 'lists'),
    'Dir::State::status': join(folder, 'status'),
    'Dir::Cache': folder,
    'Dir::Cache::archives': join(folder, 'archives'),
    'Dir::Log': join(folder, 'log'),
    'APT::Default-Release': '',
    // apt would become the user _apt, who may not read this cache.
    'APT::Sandbox::User': '',
    'Acquire::Retries': '3',
    'Acquire::Languages': 'none',
    'APT::Get::List-Cleanup': 'false'
  }
  return ['-q', ...Object.entries(settings).flatMap(([key, value]) => ['-o', `${key}=${value}`])]
}
