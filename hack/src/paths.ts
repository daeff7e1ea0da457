/** Where hack/ puts things. Nothing is ever written into the repository. */
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

/** Root of the repository. */
export const REPOSITORY = resolve(import.meta.dirname, '../..')

/**
 * The one folder for tools, images, PostgreSQL templates and the cluster's state: ALEXANDRITE_CACHE, else
 * `alexandrite` in the user's cache folder (XDG Base Directory specification).
 */
export function cacheDir(...below: string[]): string {
  const configured = process.env.ALEXANDRITE_CACHE
  const base = configured ? resolve(configured) : join(userCache(), 'alexandrite')
  return join(base, ...below)
}

function userCache(): string {
  const xdg = process.env.XDG_CACHE_HOME
  // The specification says that a relative path is invalid and to be ignored.
  return xdg?.startsWith('/') ? xdg : join(homedir(), '.cache')
}
