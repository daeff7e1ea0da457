/** Puts a folder into the cache exactly once: complete or not at all. */
import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { withLock } from './lock.ts'
import { cacheDir } from './paths.ts'

export interface Place {
  kind: string
  name: string
  /** Changes with everything that the content depends on. */
  key: string
  /** @default the cache */
  base?: string
}

/**
 * Returns the cache folder `<kind>/<name>-<key>`, filled by `fill` if it does not exist yet. `fill` works in
 * a folder beside it that is renamed when it is complete; leftovers of killed runs are removed first.
 */
export async function installOnce(
  place: Place,
  fill: (folder: string, final: string) => Promise<void>
): Promise<string> {
  const final = join(place.base ?? cacheDir(), place.kind, `${place.name}-${place.key}`)
  if (existsSync(final)) return final
  // Names hold no dots, so that one cannot be the beginning of another.
  const prefix = `.partial.${place.name}.`
  await withLock(
    cacheDir('locks', `${place.kind}-${place.name}`),
    `${place.kind} ${place.name}`,
    async () => {
      if (existsSync(final)) return
      const parent = dirname(final)
      mkdirSync(parent, { recursive: true })
      // A base of its own is one that other users must be able to read, whatever the umask says.
      if (place.base) chmodSync(parent, 0o755)
      for (const entry of readdirSync(parent)) {
        if (entry.startsWith(prefix)) rmSync(join(parent, entry), { recursive: true, force: true })
      }
      const partial = join(parent, `${prefix}${process.pid}`)
      mkdirSync(partial)
      await fill(partial, final)
      renameSync(partial, final)
    }
  )
  return final
}
