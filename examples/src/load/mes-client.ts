import type { DashboardPage } from '../mes/dashboard.ts'
import type { NewOrder, OrderCard } from '../mes/orders.ts'
import { TAKEABLE, TAKEN } from '../data/states.ts'
import type { OrderState } from '../data/states.ts'
import type { Answer, ApiClient, Call } from './client.ts'
import { Ledger } from './ledger.ts'
import type { Recorder } from './recorder.ts'

/** The MES as its users see it; every read is judged by what was written before. */
export class MesClient {
  readonly #client: ApiClient
  readonly #recorder: Recorder
  readonly #ledger = new Ledger()

  constructor(client: ApiClient, recorder: Recorder) {
    this.#client = client
    this.#recorder = recorder
  }

  async page(status: OrderState, page: number, plannedAt?: number): Promise<DashboardPage | undefined> {
    const path = `/api/orders?status=${status}&page=${page}`
    const answer = await this.#client.call({ route: 'GET /api/orders', method: 'GET', path }, plannedAt)
    if (answer === undefined) return undefined
    const body = answer.body as DashboardPage
    this.#recorder.checkedAnswers++
    for (const sentence of this.#ledger.judgePage(body, answer)) this.#recorder.staleAnswers.add(sentence)
    return body
  }

  async card(orderId: number): Promise<void> {
    const answer = await this.#client.call({
      route: 'GET /api/orders/:id',
      method: 'GET',
      path: `/api/orders/${orderId}`
    })
    if (answer === undefined) return
    this.#recorder.checkedAnswers++
    const sentence = this.#ledger.judgeCard(answer.body as OrderCard, answer)
    if (sentence !== undefined) this.#recorder.staleAnswers.add(sentence)
  }

  async reference(name: 'operators' | 'materials'): Promise<void> {
    await this.#client.call({ route: `GET /api/${name}`, method: 'GET', path: `/api/${name}` })
  }

  /** True for the one who gets the order. Whoever looks next, looks at what the taking must have changed. */
  async take(orderId: number, operatorId: number): Promise<boolean> {
    this.#ledger.attempt(orderId, TAKEN)
    const route = 'POST /api/orders/:id/take'
    const path = `/api/orders/${orderId}/take`
    const answer = await this.#write({ route, method: 'POST', path, body: { operatorId }, expected: [409] })
    if (answer === undefined) return false
    if (answer.status === 409) {
      // The loser may hear of it before the winner does: it promises nothing about the next read yet.
      this.#recorder.racesLost++
      return false
    }
    this.#recorder.racesWon++
    await this.#witness(orderId, [TAKEABLE, TAKEN])
    return true
  }

  async move(orderId: number, from: OrderState, to: OrderState): Promise<boolean> {
    this.#ledger.attempt(orderId, to)
    const path = `/api/orders/${orderId}/status`
    const answer = await this.#write({
      route: 'PATCH /api/orders/:id/status',
      method: 'PATCH',
      path,
      body: { status: to }
    })
    if (answer !== undefined) await this.#witness(orderId, [from, to])
    return answer !== undefined
  }

  async create(order: NewOrder): Promise<void> {
    const answer = await this.#write({
      route: 'POST /api/orders',
      method: 'POST',
      path: '/api/orders',
      body: order
    })
    if (answer !== undefined) await this.#witness((answer.body as OrderCard).id, ['SUBMITTED'])
  }

  async #write(call: Call): Promise<Answer | undefined> {
    const answer = await this.#client.call(call)
    if (answer === undefined || answer.status >= 300) return answer
    this.#recorder.writes++
    const sentence = this.#ledger.confirm(answer.body as OrderCard, answer.endedAt)
    if (sentence !== undefined) this.#recorder.staleAnswers.add(sentence)
    return answer
  }

  /** Others look at once, all at the same time: the card and the lists that the order left and entered. */
  async #witness(orderId: number, states: readonly OrderState[]): Promise<void> {
    await Promise.all([this.card(orderId), ...states.map((state) => this.page(state, 1))])
  }
}
