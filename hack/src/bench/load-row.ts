import type { Contender, Start, Surroundings } from './contenders.ts'

/** Requests that the origin answered so far. */
export type OriginCount = () => Promise<number>

/** What a measurement stands on. */
export interface Stand {
  readonly around: Surroundings
  readonly originCount: OriginCount
  readonly signal: AbortSignal
}

/** A row that loads each cache as fast as it answers. */
export interface LoadRow {
  readonly title: string
  readonly path: string
  readonly headers?: readonly string[]
  /** Lua of one run; `salt` is other in each. @default the path alone */
  readonly script?: (salt: string, contender: string) => string
  /** Before the warm-up. */
  readonly fill?: (contender: Contender, name: string, stand: Stand) => Promise<void>
  readonly contenders: Readonly<Record<string, Start>>
  /** How much of the load may reach the origin at most, and must at least: anything else is no measurement. */
  readonly originShare: readonly [least: number, most: number]
}
