import type { Milliseconds } from '@alexandrite/api'

/** The promise's value, or what `onLate` says when it takes longer. The wait keeps no process alive. */
export const within = <T, L>(ms: Milliseconds, promise: Promise<T>, onLate: () => L): Promise<T | L> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(onLate()), ms).unref()
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
