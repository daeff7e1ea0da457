/** Operators of the MES: a closed model, because each works at one screen and waits for it. */
import { actsOf, think } from './feed.ts'
import { send, sendAll } from './http.ts'

const nextAct = actsOf('operators')

export function operators(): void {
  const act = nextAct()
  if (!think(act.thinkMs)) return
  switch (act.kind) {
    case 'look':
      send('mes GET /api/orders', { query: { status: act.status, page: act.page } })
      if (act.card !== undefined) send('mes GET /api/orders/:id', { id: act.card })
      if (act.reference !== undefined) send(`mes GET /api/${act.reference}`)
      return
    case 'race':
      send('mes GET /api/orders', { query: { status: 'MANUFACTURING_APPROVED', page: 1 } })
      sendAll(
        'mes POST /api/orders/:id/take',
        act.operators.map((operatorId) => ({ id: act.order, body: { operatorId }, expected: [409] }))
      )
      // Whoever won looks at the order; whoever lost, at what is left.
      send('mes GET /api/orders/:id', { id: act.order })
      return
    case 'move':
      send('mes PATCH /api/orders/:id/status', { id: act.order, body: { status: act.to }, expected: [409] })
  }
}
