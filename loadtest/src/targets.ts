/** Where load may go: this machine and its own namespaces; elsewhere only what the user names twice. */
import { isIP } from 'node:net'
import { RefusedRun } from './refusal.ts'
import type { System } from './routes.ts'
import type { Target } from './units.ts'

/** Networks of the local cluster's nodes, pods and Services: reachable from this machine only. */
export interface OwnNetworks {
  /** Beginnings of addresses such as `10.244.`. */
  readonly prefixes: readonly string[]
}

/** Base URLs as they are used: without a trailing slash. @throws RefusedRun for what is no address or is not ours to load */
export function checkedTarget(
  { mes, shop, crm }: Target,
  confirmed: readonly string[],
  own: OwnNetworks
): Target {
  const checked = (system: System, url: string) => checkedUrl(system, url, { confirmed, own })
  return {
    mes: checked('mes', mes),
    shop: checked('shop', shop),
    ...(crm !== undefined && { crm: checked('crm', crm) })
  }
}

interface Allowed {
  readonly confirmed: readonly string[]
  readonly own: OwnNetworks
}

function checkedUrl(system: System, text: string, { confirmed, own }: Allowed): string {
  const url = URL.parse(text)
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    throw new RefusedRun(
      `The target ${system} is "${text}"; write an address such as ${system}=http://127.0.0.1:8080.`
    )
  const host = url.hostname
  if (!isOwn(host, own) && !confirmed.includes(host))
    throw new RefusedRun(
      `The target ${system} is ${host}: not on this machine. Load can break what it meets. If it is yours to load, say so: --confirm-target ${host}.`
    )
  return text.replace(/\/+$/, '')
}

function isOwn(host: string, { prefixes }: OwnNetworks): boolean {
  const bare = host.replace(/^\[|\]$/g, '')
  if (bare === 'localhost' || bare === '::1') return true
  return isIP(bare) === 4 && (bare.startsWith('127.') || prefixes.some((prefix) => bare.startsWith(prefix)))
}
