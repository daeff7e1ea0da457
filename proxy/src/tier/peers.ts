import { lookup } from 'node:dns/promises'
import { networkInterfaces } from 'node:os'
import type { Milliseconds } from '@alexandrite/api'
import type { Address } from '../http/listen.ts'
import { formatAddress, parseAddress } from '../http/listen.ts'
import type { Stamp } from '../epochs/epochs.ts'
import { purgeTier } from './purge-client.ts'
import type { PodAnswer, PurgeResult } from './purge-client.ts'

/** Finds the admin addresses of the tier's other pods at the time of a purge. */
export type PeerResolver = () => Promise<readonly Address[]>

/** How long a peer may take to acknowledge. */
const PEER_DEADLINE_MS: Milliseconds = 2000

export interface PeerPurge {
  readonly marks: readonly string[]
  /** The shared store's stamp of this purge, when it took it. */
  readonly stamp?: Stamp
}

const ownAddresses = (podIp: string | undefined): Set<string> => {
  const own = Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address))
  return new Set(podIp === undefined ? own : [podIp, ...own])
}

/** All addresses of DNS-NAME:PORT but this pod's own. */
export const dnsPeers = (peers: string, podIp: string | undefined): PeerResolver => {
  const { host, port } = parseAddress(peers)
  return async () => {
    const own = ownAddresses(podIp)
    const found = await lookup(host, { all: true })
    return found.filter(({ address }) => !own.has(address)).map(({ address }) => ({ host: address, port }))
  }
}

const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const verdict = (address: string, { status, report }: PurgeResult): PodAnswer => {
  const [answer] = report.pods
  if (status === 200 && answer) return answer
  const error = answer?.error ?? report.error ?? `answered ${status}`
  return { pod: answer?.pod ?? address, acknowledged: false, error }
}

export class Peers {
  readonly #resolve: PeerResolver
  readonly #token: () => string | undefined

  constructor(resolve: PeerResolver, token: () => string | undefined) {
    this.#resolve = resolve
    this.#token = token
  }

  /** Tells all peers in parallel; never rejects: who did not answer in time is reported. */
  async purge(purge: PeerPurge): Promise<PodAnswer[]> {
    try {
      const peers = await this.#resolve()
      return await Promise.all(peers.map((peer) => this.#tell(peer, purge)))
    } catch (error) {
      return [
        { pod: 'peers', acknowledged: false, error: `the peers' addresses are unknown: ${reason(error)}` }
      ]
    }
  }

  async #tell(peer: Address, purge: PeerPurge): Promise<PodAnswer> {
    const address = formatAddress(peer)
    try {
      const signal = AbortSignal.timeout(PEER_DEADLINE_MS)
      const body = { ...purge, scope: 'pod' as const }
      return verdict(address, await purgeTier(`http://${address}`, this.#token() ?? '', body, signal))
    } catch (error) {
      return { pod: address, acknowledged: false, error: reason(error) }
    }
  }
}
