import type { Clock, Timer } from './clock.ts'
import type { Milliseconds } from './types.ts'

/** A signal that aborts with its parent or when time is up; `dispose` frees what it holds on to. */
export interface Deadline {
  readonly signal: AbortSignal
  expired(): boolean
  /** Starts the time anew. */
  extend(): void
  dispose(): void
}

/**
 * AbortSignal.any and AbortSignal.timeout would do, but a signal that lives as long as the process collects
 * one dependent for each request, and they know no injected clock.
 */
export const deadline = (clock: Clock, timeout: Milliseconds, parent?: AbortSignal): Deadline => {
  const controller = new AbortController()
  let isExpired = false
  let timer: Timer | undefined
  const arm = (): void => {
    timer = clock.after(timeout, () => {
      isExpired = true
      controller.abort()
    })
  }
  const follow = (): void => controller.abort(parent?.reason)
  if (parent?.aborted) follow()
  else {
    parent?.addEventListener('abort', follow, { once: true })
    arm()
  }
  return {
    signal: controller.signal,
    expired: () => isExpired,
    extend: () => {
      timer?.cancel()
      if (!controller.signal.aborted) arm()
    },
    dispose: () => {
      timer?.cancel()
      parent?.removeEventListener('abort', follow)
    }
  }
}
