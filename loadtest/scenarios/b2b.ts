/** Systems of B2B clients: they send an order to the MES API and look whether it is there. */
import { actsOf, think } from './feed.ts'
import { idOf, send } from './http.ts'

const nextAct = actsOf('b2b')

export function b2b(): void {
  const { customerRef, material, quantity, upload, thinkMs } = nextAct()
  const body = { customerRef, materialId: material, quantity, files: [upload] }
  const id = idOf(send('mes POST /api/orders', { body, keep: true }))
  if (id === undefined || !think(thinkMs)) return
  send('mes GET /api/orders/:id', { id })
}
