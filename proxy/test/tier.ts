import type { Policy, PolicyRule, WriteInvalidation } from '@alexandrite/api'
import { parsePath } from '@alexandrite/api/path-pattern'
import { parseTag } from '@alexandrite/api/tags'
import pino from 'pino'
import { startTier } from '../src/index.ts'
import type { RunningTier, TierOptions } from '../src/index.ts'

export const silent = pino({ level: 'silent' })

export interface RuleShape extends Partial<Omit<PolicyRule, 'match' | 'freshness' | 'tags' | 'key'>> {
  readonly path: string
  readonly ttlMs?: number
  readonly freshness?: Partial<PolicyRule['freshness']>
  readonly key?: Partial<PolicyRule['key']>
  readonly tags?: readonly string[]
}

export const rule = (shape: RuleShape): PolicyRule => ({
  name: shape.name ?? shape.path,
  match: { methods: ['GET'], path: parsePath(shape.path) },
  key: {
    query: { kind: 'All' },
    headers: [],
    identity: { kind: 'None', shareAuthenticated: false },
    ...shape.key
  },
  bypass: shape.bypass ?? [],
  freshness: {
    overrideOrigin: false,
    ignoreOriginProhibition: false,
    jitterRatio: 0,
    ...(shape.ttlMs === undefined ? {} : { ttlMs: shape.ttlMs }),
    ...shape.freshness
  },
  tags: (shape.tags ?? []).map(parseTag)
})

export const onWrite = (path: string, tags: readonly string[], methods = ['POST']): WriteInvalidation => ({
  match: { methods, path: parsePath(path) },
  tags: tags.map(parseTag)
})

export const policy = (
  rules: readonly PolicyRule[],
  writes: readonly WriteInvalidation[] = [],
  hash = 'test'
): Policy => ({
  formatVersion: 1,
  tier: { namespace: 'test', name: 'tier' },
  hash,
  rules,
  onWrite: writes,
  limits: { maxObjectBytes: 1024 * 1024 }
})

/** A tier on free ports, silent, with the token "secret". */
export const start = (options: Partial<TierOptions> & { origin: string }): Promise<RunningTier> =>
  startTier({ listen: '127.0.0.1:0', admin: '127.0.0.1:0', adminToken: 'secret', log: silent, ...options })
