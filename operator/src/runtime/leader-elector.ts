import { ApiError } from './api-error.ts'
import { sleep, systemClock, type Clock } from './clock.ts'
import { deadline } from './deadline.ts'
import type { KubeClient } from './kube-client.ts'
import { LEASES, leaseSpec, microTime, type Lease, type LeaseSpec } from './lease.ts'
import type { RuntimeMetrics } from './metrics.ts'
import type { Log, Milliseconds, ObjectName } from './types.ts'

export interface LeaderElectorOptions {
  readonly client: KubeClient
  readonly namespace: string
  /** Name of the Lease, and label of leader_election_master_status. */
  readonly name: string
  /** Who we are, different for each process: the pod's name. */
  readonly identity: string
  /** How long others wait after the last sign of the leader. Default 15 s. */
  readonly leaseDuration?: Milliseconds
  /** How long a leader tries to renew before it stops its work. Default 10 s. */
  readonly renewDeadline?: Milliseconds
  /** Pause between tries. Default 2 s. */
  readonly retryPeriod?: Milliseconds
  readonly metrics: RuntimeMetrics
  readonly log: Log
  readonly clock?: Clock
}

/** The work did not stop before the lease ran out: two leaders may be at work, so this process must end. */
export class LeadershipError extends Error {
  override readonly name = 'LeadershipError'
}

/**
 * One leader at a time by a Lease, with client-go's rules (tools/leaderelection): a follower trusts no clock
 * but its own, and counts from when it *saw* the lease change; a leader that cannot renew stops its work at
 * the renew deadline, 5 s before anybody else may begin.
 */
export class LeaderElector {
  readonly #options: LeaderElectorOptions
  readonly #clock: Clock
  readonly #leaseDuration: Milliseconds
  readonly #renewDeadline: Milliseconds
  readonly #retryPeriod: Milliseconds
  readonly #lease: ObjectName
  #observed: { readonly lease: Lease; readonly record: string; readonly at: Milliseconds } | undefined
  /** When the request that last renewed our lease was sent. */
  #renewedAt: Milliseconds | undefined

  constructor(options: LeaderElectorOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#leaseDuration = options.leaseDuration ?? 15_000
    this.#renewDeadline = options.renewDeadline ?? 10_000
    this.#retryPeriod = options.retryPeriod ?? 2_000
    if (!(this.#retryPeriod < this.#renewDeadline && this.#renewDeadline < this.#leaseDuration)) {
      throw new Error('leader election: retryPeriod < renewDeadline < leaseDuration must hold')
    }
    this.#lease = { namespace: options.namespace, name: options.name }
    this.#setStatus(0)
  }

  /** Also false when a stopped process wakes up after its lease ran out. */
  isLeader(): boolean {
    return this.#renewedAt !== undefined && this.#clock.monotonic() - this.#renewedAt < this.#leaseDuration
  }

  /** Identity of the last seen holder. */
  leader(): string | undefined {
    return this.#observed?.lease.spec?.holderIdentity ?? undefined
  }

  /**
   * Campaigns until `signal` aborts. `lead` runs while the lease is held; its signal aborts when the lease is
   * lost (then the campaign goes on) or `signal` aborts (then the lease is released once `lead` has ended).
   * @throws LeadershipError when `lead` does not stop in time, and whatever `lead` throws by itself.
   */
  async run(signal: AbortSignal, lead: (signal: AbortSignal) => Promise<void>): Promise<void> {
    while (!signal.aborted) {
      await this.#acquire(signal)
      if (!this.isLeader()) continue
      const end = await this.#reign(signal, lead)
      if (end === 'work ended') return
    }
  }

  async #acquire(signal: AbortSignal): Promise<void> {
    const { identity, log, name } = this.#options
    log.info({ lease: name, identity }, 'waiting for the lease')
    while (!signal.aborted) {
      if (await this.#try(signal, this.#renewDeadline)) return
      await sleep(this.#clock, this.#retryPeriod * (1 + Math.random() / 5), signal)
    }
  }

  async #reign(
    signal: AbortSignal,
    lead: (signal: AbortSignal) => Promise<void>
  ): Promise<'work ended' | 'lost'> {
    const { log, name } = this.#options
    this.#setStatus(1)
    log.info({ lease: name }, 'became the leader')
    const work = new AbortController()
    const stop = new AbortController()
    const follow = (): void => stop.abort()
    signal.addEventListener('abort', follow, { once: true })
    if (signal.aborted) follow()
    const working = lead(work.signal).finally(follow)
    const outcome = working.then(
      () => undefined,
      (error: unknown) => ({ error })
    )
    await this.#renew(stop.signal)
    signal.removeEventListener('abort', follow)
    const cutShort = !stop.signal.aborted || signal.aborted
    work.abort()
    await this.#untilStopped(outcome)
    await this.#release()
    return this.#concluded(await outcome, cutShort)
  }

  #concluded(failure: { error: unknown } | undefined, cutShort: boolean): 'work ended' | 'lost' {
    if (failure === undefined) return cutShort ? 'lost' : 'work ended'
    if (!cutShort) throw failure.error
    this.#options.log.warn({ err: failure.error }, 'the leader’s work failed while it stopped')
    return 'lost'
  }

  /** Until `stop` aborts or the lease is lost. */
  async #renew(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      const left = this.#left(this.#renewDeadline)
      if (left <= 0)
        return this.#options.log.error({ lease: this.#lease.name }, 'the lease could not be renewed in time')
      await sleep(this.#clock, Math.min(this.#retryPeriod, left), stop)
      if (stop.aborted) return
      const remaining = this.#left(this.#renewDeadline)
      if (remaining > 0) await this.#try(stop, remaining)
      if (this.#isTaken())
        return this.#options.log.error({ leader: this.leader() }, 'somebody else has the lease')
    }
  }

  async #untilStopped(outcome: Promise<unknown>): Promise<void> {
    const patience = new AbortController()
    const tooLate = sleep(this.#clock, Math.max(0, this.#left(this.#leaseDuration)), patience.signal)
    const winner = await Promise.race([outcome.then(() => 'stopped'), tooLate.then(() => 'late')])
    patience.abort()
    if (winner === 'stopped') return
    this.#resign()
    throw new LeadershipError(
      'the work of the leader did not stop before its lease ran out: this process must end'
    )
  }

  /** Time until `limit` has passed since the last renewal. */
  #left(limit: Milliseconds): Milliseconds {
    return this.#renewedAt === undefined ? 0 : this.#renewedAt + limit - this.#clock.monotonic()
  }

  #isTaken(): boolean {
    const holder = this.leader()
    return holder !== undefined && holder !== '' && holder !== this.#options.identity
  }

  /** One try to acquire or renew. */
  async #try(signal: AbortSignal, timeout: Milliseconds): Promise<boolean> {
    const sentAt = this.#clock.monotonic()
    const limit = deadline(this.#clock, timeout, signal)
    try {
      if (!(await this.#tryOnce(limit.signal, sentAt))) return false
      this.#renewedAt = sentAt
      return true
    } catch (error) {
      const lostRace = ApiError.isConflict(error) || ApiError.isAlreadyExists(error)
      if (lostRace) this.#options.log.debug({ err: error }, 'somebody else wrote the lease first')
      else if (!signal.aborted)
        this.#options.log.warn({ err: error }, 'the lease could not be read or written')
      return false
    } finally {
      limit.dispose()
    }
  }

  async #tryOnce(signal: AbortSignal, now: Milliseconds): Promise<boolean> {
    const { client, identity } = this.#options
    const lease = await client.find(LEASES, this.#lease, { signal })
    if (lease === undefined) {
      const spec = leaseSpec({ identity, duration: this.#leaseDuration, now: this.#clock.now() })
      this.#observe(await client.create(LEASES, { metadata: this.#lease, spec }, { signal }), now)
      return true
    }
    this.#observe(lease, this.#clock.monotonic())
    if (this.#isTaken() && !this.#hasExpired()) return false
    this.#observe(await client.update(LEASES, { ...lease, spec: this.#nextSpec(lease) }, { signal }), now)
    return true
  }

  #nextSpec(lease: Lease): LeaseSpec {
    const { identity } = this.#options
    return leaseSpec({ identity, duration: this.#leaseDuration, now: this.#clock.now(), before: lease.spec })
  }

  #observe(lease: Lease, at: Milliseconds): void {
    const record = JSON.stringify(lease.spec)
    if (this.#observed?.record !== record) this.#observed = { lease, record, at }
  }

  #hasExpired(): boolean {
    if (this.#observed === undefined) return true
    const seconds = this.#observed.lease.spec?.leaseDurationSeconds ?? this.#leaseDuration / 1000
    return this.#clock.monotonic() >= this.#observed.at + seconds * 1000
  }

  /** Gives the lease back, so that the next leader need not wait for its end. */
  async #release(): Promise<void> {
    const isOurs = this.isLeader() && !this.#isTaken()
    const timeout = Math.max(1, this.#left(this.#leaseDuration))
    this.#resign()
    if (!isOurs) return
    try {
      const { client, identity, log, name } = this.#options
      const lease = await client.find(LEASES, this.#lease, { timeout })
      if (lease?.spec?.holderIdentity !== identity) return
      const now = microTime(this.#clock.now())
      const spec = { ...lease.spec, holderIdentity: '', leaseDurationSeconds: 1, renewTime: now }
      this.#observe(await client.update(LEASES, { ...lease, spec }, { timeout }), this.#clock.monotonic())
      log.info({ lease: name }, 'released the lease')
    } catch (error) {
      this.#options.log.warn(
        { err: error },
        'the lease could not be released; the next leader waits for its end'
      )
    }
  }

  #resign(): void {
    this.#renewedAt = undefined
    this.#setStatus(0)
  }

  #setStatus(value: 0 | 1): void {
    this.#options.metrics.leaderStatus.set({ name: this.#options.name }, value)
  }
}
