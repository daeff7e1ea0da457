/** Where a connection to http://HOST:PORT goes. */
export const originAddress = (originUrl: string): { host: string; port: number } => {
  const { hostname, port } = new URL(originUrl)
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? 80 : Number(port) }
}
