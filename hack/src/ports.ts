/** Ports of servers that start some time after they were given them. */
import { createServer } from 'node:net'

/** Below the range that the kernel gives to outgoing connections (ip_local_port_range), so none of them takes one. */
const LOWEST = 18_000
const HIGHEST = 32_000
const RANGE = HIGHEST - LOWEST

/** Where the search goes on: a port that was given out is not given again before all others were. */
let next = Math.floor(Math.random() * RANGE)

/** TCP ports of 127.0.0.1 on which nobody listens, all different. @throws when the range has not as many */
export async function freePorts(count: number): Promise<number[]> {
  const found: number[] = []
  for (let step = 0; step < RANGE && found.length < count; step++) {
    const port = LOWEST + next
    next = (next + 1) % RANGE
    if (await isFree(port)) found.push(port)
  }
  if (found.length < count)
    throw new Error(`only ${found.length} of ${count} ports from ${LOWEST} to ${HIGHEST} are free`)
  return found
}

export async function freePort(): Promise<number> {
  const [port = 0] = await freePorts(1)
  return port
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
