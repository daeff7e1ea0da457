import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from '@jest/globals'

interface Figures {
  readonly hits: Readonly<Record<string, number>>
  readonly bound: number
  readonly bytes: number
  readonly rssGrowth: number
  readonly kept: number
  readonly evictions: number
}

/** As the image runs the proxy; with Node's own, V8 lets garbage grow to several times the heap first. */
const FLAGS = ['--max-semi-space-size=1', '--optimize-for-size']

test('a million keys: the process grows by the bound and a half at most, and a hit stays cheap', async () => {
  const script = fileURLToPath(new URL('million-keys.ts', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...FLAGS,
    '--expose-gc',
    '--no-warnings',
    script
  ])
  const figures = JSON.parse(stdout) as Figures
  console.log(
    `nanoseconds of a hit by keys: ${JSON.stringify(figures.hits)}; ${figures.kept} kept of a million, `,
    {
      boundMB: figures.bound / 1e6,
      rssGrowthMB: figures.rssGrowth / 1e6
    }
  )
  expect(figures.kept + figures.evictions).toBe(1_000_000)
  expect(figures.bytes).toBeLessThanOrEqual(figures.bound)
  expect(figures.rssGrowth).toBeLessThan(1.5 * figures.bound)
  // Caches of the processor hold a thousand keys and not a million; a hit as a whole takes some 10,000 ns.
  expect(figures.hits['1000000']).toBeLessThan(10_000)
}, 300_000)
