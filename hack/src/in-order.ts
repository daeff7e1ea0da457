/** Parts that are started one after the other and stopped in reverse. */

interface Stoppable {
  stop(): Promise<void>
}

/** Waits for a part and sees to it that it is stopped. @throws what the signal says when it came meanwhile */
export type Keep = <T extends Stoppable>(starting: Promise<T>) => Promise<T>

/**
 * What `build` gives, with a `stop` for all that it kept.
 * @throws what went wrong, after stopping what had been started
 */
export async function startInOrder<T extends object>(
  build: (keep: Keep) => Promise<T>,
  signal: AbortSignal
): Promise<T & Stoppable> {
  const stops: (() => Promise<void>)[] = []
  const stop = async (): Promise<void> => {
    for (const one of stops.splice(0).reverse()) await one()
  }
  const keep: Keep = async (starting) => {
    const started = await starting
    stops.push(() => started.stop())
    signal.throwIfAborted()
    return started
  }
  try {
    return { ...(await build(keep)), stop }
  } catch (error) {
    await stop()
    throw error
  }
}
