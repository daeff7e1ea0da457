const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
/** A terminal and a parent may both pass on one Ctrl-C: signals this close together are one. */
const SAME_SIGNAL_MS = 500

/**
 * Resolves at the first SIGINT, SIGTERM or SIGHUP, for an orderly end. A second one, when the end takes too
 * long for the person who asked for it, ends the process at once with exit code 1.
 */
export function untilSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let first: number | undefined
    const hear = (signal: NodeJS.Signals) => {
      if (first !== undefined && Date.now() - first > SAME_SIGNAL_MS) process.exit(1)
      first ??= Date.now()
      resolve(signal)
    }
    for (const signal of SIGNALS) process.on(signal, hear)
  })
}
