import type { ChildProcess } from 'node:child_process'
import { fork } from 'node:child_process'
import { join } from 'node:path'
import type { Policy } from '@alexandrite/api'
import type { Answer, Order, TierSettings } from './messages.ts'
import type { Reporter } from './reporter.ts'

const PROGRAM = join(import.meta.dirname, 'tier-main.ts')
/** Waits between two starts of a tier that keeps ending: doubled each time. */
const FIRST_RETRY_MS = 500
const LAST_RETRY_MS = 30_000
/** How long a stopping tier may finish its requests before it is killed. */
const STOP_MS = 15_000

/**
 * One tier as a process of its own, so that a fault in it touches no other tier. It is started again when it
 * ends, on the same ports, with the newest policy, until it is told to stop.
 */
export class TierProcess {
  settings: TierSettings
  private policy: Policy
  private readonly report: Reporter
  private child: ChildProcess | undefined
  private retry: NodeJS.Timeout | undefined
  private retryMs = FIRST_RETRY_MS
  private stopping = false

  constructor(settings: TierSettings, policy: Policy, report: Reporter) {
    this.settings = settings
    this.policy = policy
    this.report = report
    this.launch()
  }

  get policyHash(): string {
    return this.policy.hash
  }

  /** Takes effect without a restart. */
  setPolicy(policy: Policy): void {
    this.policy = policy
    this.send({ kind: 'policy', policy })
    this.report({ event: 'policy', tier: this.settings.tier, policy: policy.hash })
  }

  /** Finishes the requests in flight and ends the process. */
  async stop(): Promise<void> {
    this.stopping = true
    clearTimeout(this.retry)
    const { child } = this
    if (child !== undefined) {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      this.send({ kind: 'stop' })
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
      await ended
      clearTimeout(timer)
    }
    this.report({ event: 'stopped', tier: this.settings.tier })
  }

  private launch(): void {
    // Its standard output goes to our standard error: ours is for results.
    const child = fork(PROGRAM, [], { stdio: ['ignore', 2, 2, 'ipc'] })
    this.child = child
    child.on('message', (message) => {
      this.hear(message as Answer)
    })
    child.once('error', (error) => {
      this.complain(`its process failed: ${error.message}`)
    })
    child.once('exit', (code, signal) => {
      this.ended(signal ?? `exit code ${code}`)
    })
    this.send({ kind: 'start', settings: this.settings, policy: this.policy })
  }

  private hear(answer: Answer): void {
    if (answer.kind === 'failed') {
      this.complain(`cannot start: ${answer.message}`)
      return
    }
    const { listen, admin } = answer
    const { tier, origin } = this.settings
    this.settings = { ...this.settings, listen, admin }
    this.retryMs = FIRST_RETRY_MS
    this.report({ event: 'started', tier, listen, admin, origin, policy: this.policy.hash })
  }

  private ended(how: string): void {
    this.child = undefined
    if (this.stopping) return
    this.complain(`its process ended (${how}); starting it again in ${this.retryMs} ms`)
    this.retry = setTimeout(() => {
      this.launch()
    }, this.retryMs)
    this.retryMs = Math.min(this.retryMs * 2, LAST_RETRY_MS)
  }

  private complain(message: string): void {
    this.report({ event: 'problem', message: `tier ${this.settings.tier}: ${message}` })
  }

  private send(order: Order): void {
    // A process that has just ended cannot hear; its successor is started with the newest policy.
    if (this.child?.connected) this.child.send(order)
  }
}
