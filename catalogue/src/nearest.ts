import leven from 'leven'

/** The declared name that is most like this one; undefined where none is like it. */
export const nearest = (name: string, declared: Iterable<string>): string | undefined => {
  const ranked = [...declared]
    .map((candidate) => ({ candidate, distance: leven(name, candidate) }))
    .sort((a, b) => a.distance - b.distance)
  const [best] = ranked
  if (best && best.distance <= Math.max(1, name.length / 3)) return best.candidate
  return ranked.find(({ candidate }) => candidate.startsWith(`${name}_`))?.candidate
}

/** The end of a sentence that says what was probably meant. */
export const didYouMean = (name: string, declared: Iterable<string>): string => {
  const best = nearest(name, declared)
  return best === undefined ? '' : ` Did you mean ${best}?`
}
