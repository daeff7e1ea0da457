import type { Server } from 'node:net'

export interface Address {
  readonly host: string
  readonly port: number
}

/** HOST:PORT, [IPV6]:PORT or :PORT (all addresses); throws a sentence for anything else. */
export const parseAddress = (text: string): Address => {
  const parts = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(text)
  const port = Number(parts?.[3])
  if (!parts || port > 65535) throw new Error(`"${text}" must be HOST:PORT, for example 0.0.0.0:15080`)
  const host = parts[1] ?? parts[2] ?? ''
  return { host: host === '' ? '0.0.0.0' : host, port }
}

export const formatAddress = ({ host, port }: Address): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`

/** Resolves with the address in fact (port 0 becomes a free one). */
export const listen = (server: Server, address: Address): Promise<Address> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(address.port, address.host, () => {
      server.removeListener('error', reject)
      const bound = server.address()
      resolve({
        host: address.host,
        port: bound !== null && typeof bound === 'object' ? bound.port : address.port
      })
    })
  })
