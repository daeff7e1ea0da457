/** Sellers at the CRM: they look customers up, approve what is priced and close what has arrived. */
import { actsOf, think } from './feed.ts'
import { send } from './http.ts'

const nextAct = actsOf('crm')

export function crm(): void {
  const act = nextAct()
  if (act.kind === 'customer') {
    send('crm GET /api/customers/:id/orders', { id: act.customer })
    return
  }
  send('crm GET /api/orders/:id', { id: act.order })
  if (!think(act.thinkMs)) return
  // 409: somebody else was quicker.
  send(`crm POST /api/orders/:id/${act.kind}`, { id: act.order, expected: [409] })
}
