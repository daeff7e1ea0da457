/** What the operators' service is told by its environment. */
import {
  ConfigError,
  httpUrl,
  integer,
  isGiven,
  isMailbox,
  optionalMailbox,
  secret,
  smtpUrl,
  text
} from '../service/config.ts'
import type { Environment } from '../service/config.ts'

export interface OperatorsConfig {
  readonly rulesFile: string
  /** Base URL of the MES, through its tier. */
  readonly mesUrl: string
  /** Base URL of the page, as messages name it. */
  readonly pageUrl: string
  /** From channel and group, such as `chat operators`, to an address: personal data and secrets. */
  readonly addresses: ReadonlyMap<string, string>
  /** Orders of each state that are taken over from the MES at the first start. Default 0. */
  readonly adopt?: number
  readonly smtp: { readonly url: string; readonly from: string } | undefined
}

export const OPERATORS_VARIABLES = `  RULES_FILE                    deadlines and who is told, YAML; read again when it changes (required)
  MES_URL                       the MES API, through its cache tier (required)
  PAGE_URL                      the address of this service's page, as messages name it (required)
  TELL_CHAT_OPERATORS           addresses of the groups that the rules name: TELL_, the channel, the group;
  TELL_CHAT_LEAD                  a group without one is not told
  TELL_EMAIL_LEAD               each also as …_FILE, a file that holds it
  SMTP_URL                      smtp://user:password@host:port; without one no mail is sent
  MAIL_FROM                     sender of mail (default orders@localhost)
  ADOPT_ORDERS                  at the first start, so many orders of each state that the MES has already are taken over, those
                                that entered it last (default 0: the board begins with the first event)
`

const GROUP = /^TELL_(CHAT|EMAIL)_([A-Z][A-Z0-9_]*?)(_FILE)?$/

/** @throws ConfigError */
export function operatorsConfig(env: Environment): OperatorsConfig {
  const rulesFile = text('RULES_FILE', env)
  if (rulesFile === undefined) throw new ConfigError('RULES_FILE is missing; give the path of a rules file.')
  return {
    rulesFile,
    mesUrl: httpUrl('MES_URL', env),
    pageUrl: httpUrl('PAGE_URL', env),
    addresses: addressesOf(env),
    adopt: integer('ADOPT_ORDERS', env, { min: 0, max: 100_000, fallback: 0 }),
    smtp: smtpOf(env)
  }
}

function addressesOf(env: Environment): ReadonlyMap<string, string> {
  const addresses = new Map<string, string>()
  for (const name of Object.keys(env)) {
    if (!name.startsWith('TELL_') || text(name, env) === undefined) continue
    const [, channel, group, file = ''] = GROUP.exec(name) ?? []
    if (channel === undefined || group === undefined)
      throw new ConfigError(`${name} names no channel and group; write TELL_CHAT_GROUP or TELL_EMAIL_GROUP.`)
    const address = secret(name.slice(0, name.length - file.length), env)
    if (!isAddressOf(channel, address))
      throw new ConfigError(`${name} holds no address ${ADDRESSES[channel]}.`)
    addresses.set(`${channel.toLowerCase()} ${group.toLowerCase().replaceAll('_', '-')}`, address)
  }
  return addresses
}

const ADDRESSES: Readonly<Record<string, string>> = {
  CHAT: 'such as https://chat.example.org/hooks/1',
  EMAIL: 'of mail such as lead@example.org'
}

const isAddressOf = (channel: string, address: string): boolean =>
  channel === 'EMAIL' ? isMailbox(address) : ['http:', 'https:'].includes(URL.parse(address)?.protocol ?? '')

const smtpOf = (env: Environment): OperatorsConfig['smtp'] =>
  isGiven('SMTP_URL', env)
    ? { url: smtpUrl('SMTP_URL', env), from: optionalMailbox('MAIL_FROM', env) ?? 'orders@localhost' }
    : undefined
