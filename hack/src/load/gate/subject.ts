/** What a gate loads on this machine: the same thing twice, from two trees. */
import type { Loadable, Subject } from '@alexandrite/loadtest/gate/judge'
import type { Tree } from './tree.ts'

export interface RunningSide extends Loadable {
  stop(): Promise<void>
}

/** What both sides share, under way. */
export interface Stand {
  /** Starts one side and warms it up. */
  start(tree: Tree, signal: AbortSignal): Promise<RunningSide>
  stop(): Promise<void>
}

export interface LocalSubject extends Subject {
  prepare(say: (line: string) => void, signal: AbortSignal): Promise<Stand>
}
