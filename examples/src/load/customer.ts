import { customerToken, ITEMS } from '../data/seed-sql.ts'
import type { ShopOrder } from '../shop/orders.ts'
import { CATEGORIES } from '../shop/schemas.ts'
import type { ApiClient } from './client.ts'
import type { Random } from './random.ts'
import type { Recorder } from './recorder.ts'
import type { Act } from './user.ts'

const BROWSES: readonly (readonly ['list' | 'item' | 'materials' | 'own' | 'order', number])[] = [
  ['list', 45],
  ['item', 45],
  ['materials', 3],
  ['own', 5],
  ['order', 2]
]

/** A virtual customer who is logged in: browses the catalogue, orders, uploads and looks at the own orders. */
export function customer(shop: ApiClient, recorder: Recorder, who: { id: number; random: Random }): Act {
  const { random } = who
  const headers = { authorization: `Bearer ${customerToken(who.id)}` }
  const get = (route: string, path: string, plannedAt?: number) =>
    shop.call({ route: `GET ${route}`, method: 'GET', path, headers }, plannedAt)

  async function order(plannedAt: number | undefined): Promise<void> {
    const body = { materialId: 1 + random.below(10), quantity: 1 + random.below(2) }
    const call = { route: 'POST /api/orders', method: 'POST', path: '/api/orders', body, headers } as const
    const made = await shop.call(call, plannedAt)
    if (made === undefined) return
    const { id } = made.body as ShopOrder
    recorder.writes++
    await lookForOrder(id, 'INITIATED')
    const file = { name: 'model.stl', sizeBytes: 1 + random.below(40_000_000), contentType: 'model/stl' }
    const upload = { method: 'POST', path: `/api/orders/${id}/files`, body: file, headers } as const
    const uploaded = await shop.call({ route: 'POST /api/orders/:id/files', ...upload })
    if (uploaded === undefined) return
    recorder.writes++
    await lookForOrder(id, 'FILE_UPLOADED')
  }

  /** A customer's own write must be in his or her very next view. */
  async function lookForOrder(id: number, status: string): Promise<void> {
    const answer = await get('/api/orders', '/api/orders')
    if (answer === undefined) return
    recorder.checkedAnswers++
    const { orders } = answer.body as { orders: ShopOrder[] }
    const seen = orders.find((candidate) => candidate.id === id)?.status
    if (seen !== status) {
      recorder.staleAnswers.add(
        `customer ${who.id} sees order ${id} as ${seen ?? 'missing'} after it had entered ${status}`
      )
    }
  }

  return async (plannedAt) => {
    switch (random.weighted(BROWSES)) {
      case 'list':
        await get('/api/catalogue', listPath(random), plannedAt)
        break
      case 'item':
        await get('/api/catalogue/:id', `/api/catalogue/${1 + random.popular(ITEMS)}`, plannedAt)
        break
      case 'materials':
        await get('/api/materials', '/api/materials', plannedAt)
        break
      case 'own':
        await get('/api/orders', '/api/orders', plannedAt)
        break
      case 'order':
        await order(plannedAt)
    }
  }
}

function listPath(random: Random): string {
  const category = CATEGORIES[random.below(CATEGORIES.length + 1)]
  const page = 1 + random.popular(4)
  return category === undefined
    ? `/api/catalogue?page=${page}`
    : `/api/catalogue?category=${category}&page=${page}`
}
