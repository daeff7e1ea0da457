/** Customers of the shop: an open model, because new ones come however slow the shop is. An act is a visit. */
import type { CustomerAct } from '../src/acts.ts'
import { actsOf, think } from './feed.ts'
import { idOf, send } from './http.ts'

const nextAct = actsOf('customers')

type Ordering = Extract<CustomerAct, { kind: 'order' }>
type Browsing = Extract<CustomerAct, { kind: 'browse' }>

export function customers(): void {
  const act = nextAct()
  const headers = { authorization: `Bearer session-${String(act.customer).padStart(5, '0')}` }
  switch (act.kind) {
    case 'browse':
      return browse(act, headers)
    case 'watch':
      send('shop GET /api/orders', { headers })
      return
    case 'order':
      return order(act, headers)
  }
}

function browse(act: Browsing, headers: Record<string, string>): void {
  const category = act.category === undefined ? {} : { category: act.category }
  send('shop GET /api/catalogue', { query: { ...category, page: act.page }, headers })
  for (const id of act.items) {
    if (!think(act.thinkMs)) return
    send('shop GET /api/catalogue/:id', { id, headers })
  }
}

/** Configures, orders, uploads the model and looks at what became of it. */
function order(act: Ordering, headers: Record<string, string>): void {
  if (act.item !== undefined) send('shop GET /api/catalogue/:id', { id: act.item, headers })
  send('shop GET /api/materials', { headers })
  if (!think(act.thinkMs)) return
  const item = act.item === undefined ? {} : { itemId: act.item }
  const body = { ...item, materialId: act.material, quantity: act.quantity }
  const id = idOf(send('shop POST /api/orders', { body, headers, keep: true }))
  if (id === undefined || !think(act.thinkMs)) return
  send('shop POST /api/orders/:id/files', { id, body: { ...act.upload, contentType: 'model/stl' }, headers })
  send('shop GET /api/orders/:id', { id, headers })
  send('shop GET /api/orders', { headers })
}
