/** How large a model is: the classes by which lead times are compared. */

export const SIZE_CLASSES = ['small', 'medium', 'large', 'unknown'] as const
export type SizeClass = (typeof SIZE_CLASSES)[number]

/** Polygons below which a model is small, and medium. */
const MEDIUM_FROM = 150_000
const LARGE_FROM = 600_000

/** Of the polygons of all files of an order; undefined: nobody has told yet. */
export function sizeClassOf(polygons: number | undefined): SizeClass {
  if (polygons === undefined || !(polygons > 0)) return 'unknown'
  if (polygons < MEDIUM_FROM) return 'small'
  return polygons < LARGE_FROM ? 'medium' : 'large'
}
