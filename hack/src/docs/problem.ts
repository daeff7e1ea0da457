/** What is wrong with a command line, and how to mend it. */
export interface Wrong {
  readonly what: string
  readonly mend: string
}

/** A word that the reader replaces by his own, as NAME, POD_IP, TIER.yaml or $ID. */
export const isPlaceholder = (word: string): boolean =>
  /^[A-Z][A-Z0-9_]*(\.\w+)?$/.test(word) || word.includes('$')

/** Up to eight of them, in the order of the alphabet. */
export const some = (names: Iterable<string>): string => {
  const all = [...new Set(names)].sort()
  return all.length <= 8 ? all.join(', ') : `${all.slice(0, 8).join(', ')}, …`
}
