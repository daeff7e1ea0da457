/** The suite http-cache-tests: what it asks, and the types of its modules, which are plain JavaScript. */
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

/** required: the RFCs say so. optimal: allowed, and better. check: neither, only worth knowing. */
export type Kind = 'required' | 'optimal' | 'check'

export interface SuiteRequest {
  /** The client waits 3 s after it. */
  readonly pause_after?: boolean
}

export interface SuiteTest {
  readonly id: string
  readonly name: string
  /** @default required */
  readonly kind?: Kind
  readonly browser_only?: boolean
  /** Tests that must pass before this one says anything. */
  readonly depends_on?: readonly string[]
  readonly requests: readonly SuiteRequest[]
  /** Prints each request and answer. */
  dump?: boolean
}

interface SuiteGroup {
  readonly tests: readonly SuiteTest[]
}

/** true, or the kind of error and its message. */
export type RawResult = true | readonly [kind: string, message: string]
export type RawResults = Readonly<Record<string, RawResult>>

const require = createRequire(import.meta.url)
const resolve = (path: string): string => require.resolve(`http-cache-tests/${path}`)

export const SUITE_VERSION = `http-cache-tests ${(require('http-cache-tests/package.json') as { version: string }).version}`

/** A module of the suite; T is what is used of it. */
export const suiteModule = async <T>(path: string): Promise<T> =>
  (await import(pathToFileURL(resolve(path)).href)) as T

/** The client's fetch: the suite's own dependency. */
export const suiteFetch = async (): Promise<unknown> => {
  const found = createRequire(resolve('package.json')).resolve('node-fetch')
  return ((await import(pathToFileURL(found).href)) as { default: unknown }).default
}

/** All tests that are for caches without a browser, in the suite's order. */
export const suiteTests = async (): Promise<readonly SuiteTest[]> => {
  const { default: groups } = await suiteModule<{ default: readonly SuiteGroup[] }>('tests/index.mjs')
  return groups.flatMap(({ tests }) => tests).filter((test) => test.browser_only !== true)
}

export const kindOf = (test: SuiteTest): Kind => test.kind ?? 'required'
