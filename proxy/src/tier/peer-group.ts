import type { Logger } from 'pino'
import type { JoinReport, JoinRequest } from './join-client.ts'
import { Joining } from './joining.ts'
import { Membership } from './membership.ts'
import type { PeerState } from './membership.ts'
import { PeerDirectory } from './peer-directory.ts'
import type { PeerResolver } from './peer-directory.ts'
import { Peers } from './peers.ts'

export interface PeerGroupOptions {
  readonly resolve: PeerResolver
  readonly token: () => string | undefined
  readonly onRepeat: () => void
  readonly log: Logger
}

/** The tier's other pods, wired: who they are, joining them, telling them of purges. */
export class PeerGroup {
  readonly peers: Peers
  readonly #options: PeerGroupOptions
  readonly #membership = new Membership()
  readonly #now = (): number => performance.now()
  #joining: Joining | undefined

  constructor(options: PeerGroupOptions) {
    this.#options = options
    const directory = new PeerDirectory(options.resolve, this.#now)
    const { token, onRepeat } = options
    this.peers = new Peers({ membership: this.#membership, directory, token, now: this.#now, onRepeat })
  }

  /** Joins the others (3 s at most); `self` is this pod's admin address as they reach it. */
  async start(self: string | undefined): Promise<void> {
    const { token, log } = this.#options
    if (self !== undefined) this.#membership.knownAs(self)
    const now = this.#now
    this.#joining = new Joining({ membership: this.#membership, peers: this.peers, self, token, now, log })
    await this.#joining.start()
  }

  /** Takes a pod in that asks to join; undefined before this one knows its own address. */
  welcome(request: JoinRequest): Promise<JoinReport> | undefined {
    return this.#joining?.welcome(request)
  }

  count(state: PeerState): number {
    return this.#membership.count(state)
  }

  close(): void {
    this.#joining?.close()
    this.peers.close()
  }
}
