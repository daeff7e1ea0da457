import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Address {
  readonly host: string
  readonly port: number
}

/** Binds the server. @throws an Error that names the address, such as EADDRINUSE. */
export const listen = (server: Server, port: number, host?: string): Promise<Address> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, ...(host === undefined ? {} : { host }) }, () => {
      server.off('error', reject)
      const address = server.address() as AddressInfo
      resolve({ host: address.address, port: address.port })
    })
  })

/** Takes no more requests, lets those under way end for a second, then breaks what is left. */
export const closeServer = async (server: Server, patience = 1_000): Promise<void> => {
  if (!server.listening) return
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  const timer = setTimeout(() => server.closeAllConnections(), patience)
  await closed
  clearTimeout(timer)
}
