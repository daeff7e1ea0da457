import type { Address } from '../arguments.ts'
import { addressUrl } from '../arguments.ts'
import type { Output } from '../output.ts'

/** What happens while tiers run; with --json one object a line. */
export type Event =
  | {
      readonly event: 'started'
      readonly tier: string
      readonly listen: Address
      readonly admin?: Address
      readonly origin: string
      readonly policy?: string
    }
  | { readonly event: 'policy'; readonly tier: string; readonly policy: string }
  | { readonly event: 'stopped'; readonly tier: string }
  | { readonly event: 'token'; readonly file: string }
  | { readonly event: 'problem'; readonly message: string }
  | { readonly event: 'mended' }

export type Reporter = (event: Event) => void

/** Events as lines for a person, or as JSON with addresses as URLs for a program. Both go to standard output. */
export function reporter(output: Output, format: 'text' | 'json'): Reporter {
  return (event) => {
    if (format === 'json') output.out(JSON.stringify(withUrls(event)))
    else if (event.event === 'problem') output.err(event.message)
    else output.out(line(event, output))
  }
}

function withUrls(event: Event): object {
  if (event.event !== 'started') return event
  const { listen, admin, ...rest } = event
  return { ...rest, url: addressUrl(listen), ...(admin && { admin: addressUrl(admin) }) }
}

function line(event: Exclude<Event, { event: 'problem' }>, output: Output): string {
  switch (event.event) {
    case 'started':
      return startedLine(event, output)
    case 'policy':
      return `tier ${event.tier}: policy ${event.policy} is in effect`
    case 'stopped':
      return `tier ${event.tier}: stopped`
    case 'token':
      return `purge with: alexandrite purge --token-file ${event.file} --admin URL`
    case 'mended':
      return 'all files are good again'
  }
}

function startedLine(event: Extract<Event, { event: 'started' }>, output: Output): string {
  const parts = [
    `tier ${event.tier}: ${output.paint('green', addressUrl(event.listen))} → ${event.origin}`,
    event.admin && `admin ${addressUrl(event.admin)}`,
    event.policy === undefined ? 'no policy: plain HTTP caching' : `policy ${event.policy}`
  ]
  return parts.filter((part) => part !== undefined).join('  ')
}
