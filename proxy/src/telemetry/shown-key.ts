/**
 * Keys as people see them in `top` and on the live page: the path and the names of the query's parameters. Values
 * stay out: they may be search terms or tokens.
 */

const withoutValues = (url: string): string => {
  const mark = url.indexOf('?')
  if (mark < 0) return url
  const names = url
    .slice(mark + 1)
    .split('&')
    .map((part) => {
      const equals = part.indexOf('=')
      return equals < 0 ? part : `${part.slice(0, equals)}=…`
    })
  return `${url.slice(0, mark)}?${names.join('&')}`
}

const MAX_LENGTH = 200
const shortened = (text: string): string =>
  text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH - 1)}…` : text

/** Of a request's target. A parameter without "=" is a name. */
export const shownTarget = (target: string): string => shortened(withoutValues(target))

/** Of a key of the store (engine/key.ts): without rule, identity, headers and variant. */
export const shownKey = (key: string): string => {
  const url = key
    .split('|')
    .slice(3)
    .join('|')
    .replace(/\|v:[0-9a-f]+$/, '')
  return shownTarget(url === '' ? key : url)
}
