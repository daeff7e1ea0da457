/** FNV-1a, 32 bits. */
const fingerprint = (text: string, seed: number): number => {
  let hash = 0x811c9dc5 ^ seed
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash >>> 0
}

/**
 * Tells texts that come again from those that come once, in constant memory: what is made for the latter is then not
 * kept, and costs the garbage collector nothing. A doorkeeper as in TinyLFU (Einziger et al., 2017), of which a newer
 * text takes the older one's seat: who comes again only after many others is taken for new.
 */
export class SeenBefore {
  readonly #seats: Uint32Array

  /** @param seats a power of two: about as many as there is room for what is remembered */
  constructor(seats: number) {
    this.#seats = new Uint32Array(seats)
  }

  /** Whether the text was seen lately, under that seed; from now on it was. */
  see(text: string, seed = 0): boolean {
    const hash = fingerprint(text, seed)
    const seat = (hash ^ (hash >>> 15)) & (this.#seats.length - 1)
    if (this.#seats[seat] === hash) return true
    this.#seats[seat] = hash
    return false
  }
}
