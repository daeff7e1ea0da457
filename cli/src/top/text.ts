/** Numbers as people read them in a terminal. */

export const rate = (perSecond: number): string =>
  perSecond >= 100 ? Math.round(perSecond).toLocaleString('en') : perSecond.toFixed(perSecond < 10 ? 2 : 1)

export const count = (number: number): string => number.toLocaleString('en')

export const percent = (ratio: number | undefined): string =>
  ratio === undefined ? '-' : `${(100 * ratio).toFixed(1)} %`

export function milliseconds(ms: number | undefined): string {
  if (ms === undefined) return '-'
  if (ms < 10) return `${ms.toFixed(2)} ms`
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`
}

export const size = (bytes: number): string =>
  bytes < 1024 * 1024 ? `${Math.ceil(bytes / 1024)} KiB` : `${(bytes / 1024 / 1024).toFixed(1)} MiB`

export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min`
  return whole < 48 * 3600 ? `${Math.floor(whole / 3600)} h` : `${Math.floor(whole / 86_400)} d`
}

/** What clients sent could steer the terminal: nothing that is not printable gets there. */
// eslint-disable-next-line no-control-regex
export const printable = (text: string): string => text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '?')

/** Cut to a width, with a sign that it was. */
export function cut(text: string, width: number): string {
  if (text.length <= width) return text
  return width < 1 ? '' : `${text.slice(0, width - 1)}…`
}
