/** Ports of servers that start some seconds after they were given them. */
import { createServer } from 'node:net'

/** Below the range that the kernel gives to outgoing connections (ip_local_port_range), so none of them takes one. */
const LOWEST = 18_000
const HIGHEST = 32_000

/** Different ports of 127.0.0.1 on which nobody listens. @throws when the range has not as many */
export async function quietPorts(count: number): Promise<number[]> {
  const found: number[] = []
  const first = Math.floor(Math.random() * (HIGHEST - LOWEST))
  for (let step = 0; step < HIGHEST - LOWEST && found.length < count; step++) {
    const port = LOWEST + ((first + step) % (HIGHEST - LOWEST))
    if (await isFree(port)) found.push(port)
  }
  if (found.length < count)
    throw new Error(`only ${found.length} of ${count} ports from ${LOWEST} to ${HIGHEST} are free`)
  return found
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
