import { ORDER_STATES } from '../data/states.ts'

/** JSON schemas of what the MES API accepts. */
const state = { type: 'string', enum: [...ORDER_STATES] }
const id = { type: 'integer', minimum: 1, maximum: 2_147_483_647 }

const object = (properties: Record<string, object>, required: string[] = Object.keys(properties)) => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false
})

export const orderParams = object({ id })

export const dashboardQuery = object(
  { status: state, page: { type: 'integer', minimum: 1, maximum: 1_000_000, default: 1 } },
  ['status']
)

export const takeBody = object({ operatorId: id })

export const moveBody = object({ status: state })

export const newOrderBody = object({
  customerRef: { type: 'string', pattern: '^[A-Za-z0-9-]{1,32}$' },
  materialId: id,
  quantity: { type: 'integer', minimum: 1, maximum: 1000 },
  files: {
    type: 'array',
    minItems: 1,
    maxItems: 20,
    items: object({
      name: { type: 'string', minLength: 1, maxLength: 200 },
      sizeBytes: { type: 'integer', minimum: 1, maximum: 2_000_000_000 },
      polygons: { type: 'integer', minimum: 1, maximum: 2_000_000_000 }
    })
  }
})
