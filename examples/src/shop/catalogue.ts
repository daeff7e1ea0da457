import type { Database } from '../database.ts'
import { ApiError } from '../errors.ts'
import type { Category } from './schemas.ts'

const PAGE_SIZE = 24

export interface CatalogueItem {
  readonly id: number
  readonly name: string
  readonly category: Category
  readonly material: string
  readonly priceCents: number
}

const COLUMNS = `i.id, i.name, i.category, m.name AS material, i.price_cents AS "priceCents"`

/** Best sellers of the last quarter first: every page counts what was ordered in it. */
const LIST = `
SELECT ${COLUMNS}, count(*) OVER () AS total
FROM shop.catalogue_items AS i
  JOIN shop.materials AS m ON m.id = i.material_id
  LEFT JOIN (
    SELECT item_id, sum(quantity) AS sold FROM shop.orders
    WHERE created_at > (SELECT max(created_at) FROM shop.orders) - interval '3 months' GROUP BY item_id
  ) AS s ON s.item_id = i.id
WHERE $1::text IS NULL OR i.category = $1
ORDER BY s.sold DESC NULLS LAST, i.id LIMIT ${PAGE_SIZE} OFFSET $2`

/** One page of the catalogue, or of one category of it. */
export async function catalogue(db: Database, category: Category | undefined, page: number) {
  const values = [category ?? null, (page - 1) * PAGE_SIZE]
  const rows = await db.query<CatalogueItem & { total: number }>({
    name: 'shop.catalogue',
    text: LIST,
    values
  })
  const total = rows[0]?.total ?? 0
  return {
    page,
    pages: Math.ceil(total / PAGE_SIZE),
    total,
    items: rows.map(({ total: _, ...item }) => item)
  }
}

const ITEM = `SELECT ${COLUMNS}, i.description FROM shop.catalogue_items AS i
JOIN shop.materials AS m ON m.id = i.material_id WHERE i.id = $1`

export async function catalogueItem(
  db: Database,
  itemId: number
): Promise<CatalogueItem & { description: string }> {
  const statement = { name: 'shop.item', text: ITEM, values: [itemId] }
  const [item] = await db.query<CatalogueItem & { description: string }>(statement)
  if (item === undefined) throw new ApiError('item_not_found', `There is no item ${itemId} in the catalogue.`)
  return item
}
