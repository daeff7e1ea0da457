/** Carries out a plan of kills as writes go by. */
import { say } from '../run.ts'
import type { RunningRabbitmq } from '../rabbitmq.ts'
import { Absences } from './absences.ts'
import type { KillablePostgres } from './killable-postgres.ts'
import type { Kill } from './plan.ts'
import type { RunningService } from './services.ts'

export interface Killable {
  readonly postgres: KillablePostgres
  readonly broker: RunningRabbitmq
  readonly services: ReadonlyMap<string, RunningService>
}

export const BROKER = 'broker'
export const DATABASE = 'database'

/** Each part is up again before the run is judged. */
export class Killer {
  readonly killed = new Set<string>()
  readonly absences = new Absences()
  readonly #parts: Killable
  readonly #left: Kill[]
  readonly #turns = new Map<string, Promise<void>>()
  #writes = 0

  constructor(parts: Killable, plan: readonly Kill[]) {
    this.#parts = parts
    this.#left = [...plan]
  }

  passed(): void {
    this.#writes += 1
    while (this.#left[0] !== undefined && this.#left[0].at <= this.#writes) {
      const kill = this.#left.shift()
      if (kill !== undefined) this.#inTurn(kill)
    }
  }

  /** What is left of the plan happens now. */
  async done(): Promise<void> {
    for (const kill of this.#left.splice(0)) this.#inTurn(kill)
    await Promise.all(this.#turns.values())
  }

  /** One part is not killed again before it is back. */
  #inTurn(kill: Kill): void {
    const before = this.#turns.get(kill.part) ?? Promise.resolve()
    this.#turns.set(
      kill.part,
      before.then(() => this.#kill(kill))
    )
  }

  async #kill(kill: Kill): Promise<void> {
    say(`SIGKILL: ${kill.part}`)
    this.killed.add(kill.part)
    const from = Date.now()
    await this.#carryOut(kill)
    this.absences.note(kill.part, { from, to: Date.now() })
  }

  async #carryOut({ part, downMs }: Kill): Promise<void> {
    const { postgres, broker, services } = this.#parts
    if (part === DATABASE) {
      await postgres.kill(downMs)
      return
    }
    const service = services.get(part)?.part
    await (part === BROKER ? broker.kill('SIGKILL') : service?.stop('SIGKILL'))
    await new Promise((resolve) => setTimeout(resolve, downMs))
    await (part === BROKER ? broker.start() : service?.start())
  }
}
