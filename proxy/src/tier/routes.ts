import type { Milliseconds, PolicyRule } from '@alexandrite/api'
import { splitTarget } from '../engine/message.ts'

/** How long an answer for one alone speaks for its route, and how long one that all may have does. */
const UNSHARED_MS: Milliseconds = 60_000
const SHARED_MS: Milliseconds = 600_000
/** Routes remembered at most. */
export const MAX_ROUTES = 2000
const MAX_NAME = 256

const withoutIds = (path: string): string =>
  path
    .slice(0, MAX_NAME)
    .split('/')
    .map((segment) => (/\d/.test(segment) ? ':' : segment))
    .join('/')

/**
 * Names the requests whose answers are likely alike: those of one rule; without a rule or under one for a whole tree,
 * those of one path, its ids (whatever has a digit) and its query left out.
 */
export const routeOf = (rule: PolicyRule | undefined, target: string): string =>
  rule && !rule.match.path.rest ? rule.name : `${rule?.name ?? ''} ${withoutIds(splitTarget(target).path)}`

interface Route {
  unsharedUntil: Milliseconds
  sharedUntil: Milliseconds
}

/**
 * What the origin's answers to each route were lately, to guess whether it is of use to wait for one that is under
 * way. A wrong guess costs requests to the origin or time, and never gives a client another's answer.
 */
export class Routes {
  readonly #routes = new Map<string, Route>()

  get size(): number {
    return this.#routes.size
  }

  /** Notes whether an answer of the route was for all, or for the one who asked. */
  learn(name: string, answer: 'Shared' | 'Unshared', now = performance.now()): void {
    const route = this.#routes.get(name) ?? { unsharedUntil: 0, sharedUntil: 0 }
    if (answer === 'Shared') route.sharedUntil = now + SHARED_MS
    else route.unsharedUntil = now + UNSHARED_MS
    this.#routes.delete(name)
    this.#routes.set(name, route)
    if (this.#routes.size <= MAX_ROUTES) return
    for (const oldest of this.#routes.keys()) return void this.#routes.delete(oldest)
  }

  /** True where answers lately were for one alone, and none was for all. */
  expectsUnshared(name: string, now = performance.now()): boolean {
    const route = this.#routes.get(name)
    return route !== undefined && now < route.unsharedUntil && now >= route.sharedUntil
  }
}
