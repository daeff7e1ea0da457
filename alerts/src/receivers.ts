/** Where notifications go: one way for each team and each of pager, chat and e-mail, and one for the watchdog. */
import { services, type Team } from '@alexandrite/catalogue'

/** A URL, or the path of a file that holds one, for URLs that are secrets. */
export type Address = string | { readonly file: string }

/** The same for all teams, or one for each. The payload's `receiver` says whom it is for: `mes-on-call`. */
export type Addresses = Address | Readonly<Record<Team, Address>>

export interface Receivers {
  /** Webhook of the pager: it gets Alertmanager's JSON. */
  readonly pagerUrl: Addresses
  /** Incoming webhook of the chat, in the format of Slack, which Mattermost and Rocket.Chat read as well. */
  readonly chatUrl: Addresses
  /** Dead man's switch: hears the watchdog each minute, and tells people when it does not. Default: the pager. */
  readonly deadmanUrl?: Address
  readonly smtp: {
    /** host:port */
    readonly smarthost: string
    readonly from: string
    readonly to: Readonly<Record<Team, string>>
    readonly username?: string
    /** File that holds the password. */
    readonly passwordFile?: string
    /** Default: Required. */
    readonly tls?: 'Required' | 'Off'
  }
}

/** Who is rung, and how long after the first: minutes. */
export const ESCALATION = [
  { who: 'on-call', afterMinutes: 0 },
  { who: 'lead', afterMinutes: 15 },
  { who: 'manager', afterMinutes: 30 }
] as const

export type Rung = (typeof ESCALATION)[number]['who']

export const TEAMS: readonly Team[] = [...new Set(services.map(({ team }) => team))]

export const DEADMAN = 'deadman'
export const pagerOf = (team: Team, who: Rung): string => `${team}-${who}`
export const chatOf = (team: Team): string => `${team}-chat`
export const mailOf = (team: Team): string => `${team}-mail`

const isFile = (address: Addresses): address is { readonly file: string } =>
  typeof address === 'object' && 'file' in address

const addressFor = (addresses: Addresses, team: Team): Address =>
  typeof addresses === 'string' || isFile(addresses) ? addresses : addresses[team]

const webhook = (address: Address, more: object = {}) => [
  { ...(typeof address === 'string' ? { url: address } : { url_file: address.file }), ...more }
]

const TITLE =
  '[{{ .Status }}] {{ .CommonLabels.severity }}: {{ .GroupLabels.service }} {{ .GroupLabels.tier }}'
const LINES =
  '{{ range .Alerts }}{{ .Annotations.summary }}\n' +
  '{{ .Annotations.runbook_url }} · {{ .Annotations.dashboard_url }}\n{{ end }}'

const chat = (address: Address) => [
  {
    ...(typeof address === 'string' ? { api_url: address } : { api_url_file: address.file }),
    send_resolved: true,
    title: TITLE,
    title_link: '{{ .ExternalURL }}',
    text: LINES
  }
]

const mail = (to: string) => [{ to, send_resolved: true, headers: { Subject: TITLE }, text: LINES }]

const ofTeam = (team: Team, { pagerUrl, chatUrl, smtp }: Receivers) => [
  ...ESCALATION.map(({ who }) => ({
    name: pagerOf(team, who),
    webhook_configs: webhook(addressFor(pagerUrl, team), { send_resolved: true })
  })),
  { name: chatOf(team), slack_configs: chat(addressFor(chatUrl, team)) },
  { name: mailOf(team), email_configs: mail(smtp.to[team]) }
]

/** Alertmanager's list of receivers. */
export const receiverList = (receivers: Receivers) => [
  {
    name: DEADMAN,
    webhook_configs: webhook(receivers.deadmanUrl ?? addressFor(receivers.pagerUrl, 'platform'), {
      send_resolved: false
    })
  },
  ...TEAMS.flatMap((team) => ofTeam(team, receivers))
]

/** Alertmanager's `global`: how mail is sent. */
export const globalSettings = ({ smtp }: Receivers) => ({
  resolve_timeout: '5m',
  smtp_smarthost: smtp.smarthost,
  smtp_from: smtp.from,
  smtp_require_tls: smtp.tls !== 'Off',
  ...(smtp.username !== undefined && { smtp_auth_username: smtp.username }),
  ...(smtp.passwordFile !== undefined && { smtp_auth_password_file: smtp.passwordFile })
})
