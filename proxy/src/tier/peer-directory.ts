import { lookup } from 'node:dns/promises'
import { networkInterfaces } from 'node:os'
import type { Milliseconds } from '@alexandrite/api'
import type { Address } from '../http/listen.ts'
import { formatAddress, parseAddress } from '../http/listen.ts'

/** Finds the admin addresses of the tier's other pods. What it finds may be half a minute old. */
export type PeerResolver = () => Promise<readonly Address[]>

/** An answer that names somebody and is younger than this is used again. */
const REUSE_MS: Milliseconds = 1000

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

interface Answer {
  readonly addresses: Promise<readonly string[]>
  readonly askedAt: Milliseconds
  /** Undefined while the lookup is under way. */
  answeredAt: Milliseconds | undefined
}

/** One lookup at a time, shared by all who ask meanwhile and for a moment afterwards. */
export class PeerDirectory {
  readonly #resolve: PeerResolver
  readonly #now: () => Milliseconds
  #last: Answer | undefined

  constructor(resolve: PeerResolver, now: () => Milliseconds) {
    this.#resolve = resolve
    this.#now = now
  }

  /** How long the lookup under way has taken; 0 without one. */
  get pendingFor(): Milliseconds {
    return this.#last && this.#last.answeredAt === undefined ? this.#now() - this.#last.askedAt : 0
  }

  /** Addresses as HOST:PORT; rejects when the lookup fails. */
  find(): Promise<readonly string[]> {
    const last = this.#last
    if (last && (last.answeredAt === undefined || this.#now() - last.answeredAt < REUSE_MS))
      return last.addresses
    const answer: Answer = { addresses: this.#ask(), askedAt: this.#now(), answeredAt: undefined }
    this.#last = answer
    answer.addresses.then(
      (found) => {
        if (found.length > 0) answer.answeredAt = this.#now()
        // A tier that is just starting: who comes next should be found at once.
        else this.#last = undefined
      },
      // Whoever asked hears of the failure; it is not used again.
      () => (this.#last = undefined)
    )
    return answer.addresses
  }

  async #ask(): Promise<readonly string[]> {
    return (await this.#resolve()).map(formatAddress)
  }
}
