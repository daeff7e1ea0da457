export * from './names.ts'
export * from './policy.ts'
export * from './problem.ts'
export type { CacheRule, CacheTier, CacheTierSpec, CacheTierStatus, Condition } from './schema.ts'
export { DEFAULT_MAX_MEMORY } from './schema.ts'
export type {
  CachePurge,
  CachePurgeSpec,
  CachePurgeStatus,
  PurgeCondition,
  PurgedPod
} from './schema-purge.ts'
export { validateCachePurge, validateCacheTier, type Validated, type ValidatedPurge } from './validate.ts'
export { parseCacheTiers, parseManifests, type ParsedManifests, type ParsedTiers } from './parse.ts'
export { compile, DEFAULT_NAMESPACE } from './compile.ts'
export { withoutEvents } from './without-events.ts'
export { matchPath, parsePath } from './path-pattern.ts'
export {
  parseEventTag,
  parseTag,
  renderEventTag,
  renderTag,
  type EventTagValues,
  type TagValues
} from './tags.ts'
export { formatQuantity, parseQuantity } from './quantity.ts'
export { formatDuration, parseDuration } from './duration.ts'
export { crd, purgeCrd } from './crd.ts'
export { clusterRoleRules, LEADER_LEASE, roleRules, WEBHOOK_SECRET, type RbacRule } from './rbac.ts'
