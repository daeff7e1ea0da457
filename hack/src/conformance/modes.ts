/** Names of what the suite runs against. */

/**
 * slow: each request through Node's HTTP server. fast: as the proxy runs. redis: two pods that keep nothing in
 * memory and share a Redis; after each pause of a test the other one answers, as after a restart.
 */
export const MODES = ['slow', 'fast', 'redis'] as const
export type Mode = (typeof MODES)[number]

export const PEERS = ['httpd', 'Varnish', 'nginx'] as const
export type Peer = (typeof PEERS)[number]

export type Target = Mode | Peer

export const TARGET_NAMES: Readonly<Record<Target, string>> = {
  slow: 'Alexandrite, HTTP server',
  fast: 'Alexandrite, fast path',
  redis: 'Alexandrite, from Redis',
  httpd: 'Apache httpd 2.4',
  Varnish: 'Varnish 7.1',
  nginx: 'nginx 1.22'
}
