/** JSON schemas of what the Shop API accepts. */
import { SERVICE_STATES } from './service-orders.ts'

const id = { type: 'integer', minimum: 1, maximum: 2_147_483_647 }

const object = (properties: Record<string, object>, required: string[] = Object.keys(properties)) => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false
})

export const idParams = object({ id })

export const CATEGORIES = ['Ring', 'Earring', 'Pendant', 'Bracelet', 'Brooch', 'Cufflink'] as const
export type Category = (typeof CATEGORIES)[number]

export const catalogueQuery = object(
  {
    category: { type: 'string', enum: [...CATEGORIES] },
    page: { type: 'integer', minimum: 1, maximum: 1_000_000, default: 1 }
  },
  []
)

export const newOrderBody = object(
  { itemId: id, materialId: id, quantity: { type: 'integer', minimum: 1, maximum: 1000 } },
  ['materialId', 'quantity']
)

export const fileBody = object({
  name: { type: 'string', minLength: 1, maxLength: 200 },
  sizeBytes: { type: 'integer', minimum: 1, maximum: 2_000_000_000 },
  contentType: { type: 'string', enum: ['model/stl', 'model/obj', 'model/step', 'model/3mf'] }
})

export const serviceStateBody = object({ status: { type: 'string', enum: [...SERVICE_STATES] } })
