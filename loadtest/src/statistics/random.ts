/** Seeded randomness: equal seeds give equal numbers, on every machine. */

/** Gives numbers in [0, 1). */
export type Random = () => number

/** mulberry32. */
export const seededRandom = (seed: number): Random => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** A whole number in [0, count). */
export const below = (random: Random, count: number): number => Math.floor(random() * count)

/** As many items as there are, each drawn from all of them. */
export const drawn = <T>(items: readonly T[], random: Random): T[] =>
  items.flatMap(() => {
    const index = below(random, items.length)
    return items.slice(index, index + 1)
  })

/** Normally distributed, mean 0 and deviation 1 (Box and Muller). */
export const normal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
