/** Splits at commas outside quoted strings. */
const MEMBER = /(?:[^,"]|"(?:[^"\\]|\\.)*"|")+/g

const membersOf = (value: string): string[] =>
  (value.match(MEMBER) ?? []).map((member) => member.trim()).filter((member) => member !== '')

/** `de ; q=1.000` and `DE` mean the same (RFC 9110 §12.4.2). */
const weighted = (member: string): string => {
  const [name = '', ...parameters] = member.toLowerCase().split(/\s*;\s*/)
  const kept = parameters.filter((parameter) => !/^q=1(?:\.0{0,3})?$/.test(parameter))
  return [name, ...kept].join(';')
}

/** Fields whose members have no order and no case (RFC 9110 §12.5.3, §12.5.4). */
const PREFERENCES = new Set(['accept-language', 'accept-encoding'])

/**
 * A request field's value for comparison with another's: what differs only where the field's meaning does not
 * is one value (RFC 9111 §4.1). `name` is lower case; of fields unknown here only whitespace around members goes.
 */
export const normalised = (name: string, value: string): string => {
  const members = membersOf(value)
  return PREFERENCES.has(name) ? members.map(weighted).sort().join(',') : members.join(',')
}

/**
 * The language a request prefers to all others: the one with the highest weight, if it is alone. Lower case;
 * undefined where several are as good, or any will do.
 */
export const preferredLanguage = (value: string): string | undefined => {
  const weights = membersOf(value).map((member) => {
    const [language = '', ...parameters] = member.toLowerCase().split(/\s*;\s*/)
    const q = parameters.find((parameter) => parameter.startsWith('q='))
    return { language, weight: q === undefined ? 1 : Number(q.slice(2)) }
  })
  const best = Math.max(...weights.map(({ weight }) => weight))
  const [first, ...others] = weights.filter(({ weight }) => weight === best)
  return first && others.length === 0 && first.language !== '*' && best > 0 ? first.language : undefined
}
