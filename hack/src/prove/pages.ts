/** A fault reaches the person who can mend it, and its end as well. */
import { copyFile, writeFile } from 'node:fs/promises'
import { setTimeout as rest } from 'node:timers/promises'
import { policyFileOf } from '../company/company.ts'
import type { CompanyPlan, TierName } from '../company/plan.ts'
import type { Mail } from '../stack/mailbox.ts'
import type { Received } from '../stack/receivers.ts'
import type { Stack } from '../stack/stack.ts'
import { PATHS } from '../observed/observed.ts'
import { waitUntil } from '../run.ts'
import { must } from './proofs.ts'
import type { Proof, Stage } from './proofs.ts'

/** The rule's windows and `for`, the pager's wait, and a slow machine. */
const PAGE_WITHIN_MS = 8 * 60_000
/** By then every alert about a dead API would have paged: ApiDown waits longest, five minutes. */
const ALL_WOULD_HAVE_PAGED_MS = 6.5 * 60_000
const RESOLVED_WITHIN_MS = 10 * 60_000

const pages = ({ receivers }: Stage): readonly Received[] =>
  receivers.received.filter(({ path }) => path === PATHS.pager)

const pageOf = (stage: Stage, status: 'firing' | 'resolved', since: Date): Received | undefined =>
  pages(stage).find(
    ({ at, notification }) =>
      at >= since && notification.status === status && notification.receiver === 'mes-on-call'
  )

const pagesBetween = (stage: Stage, from: Date, to: Date): string[] =>
  pages(stage)
    .filter(({ at, notification }) => at >= from && at <= to && notification.status === 'firing')
    // Others that call the API tell their own team what their own users suffer.
    .filter(({ notification }) => notification.commonLabels.namespace === 'mes')
    .map(
      ({ notification: { receiver, alerts } }) =>
        `${receiver}: ${alerts.map(({ labels }) => labels.alertname).join(', ')}`
    )

const pageWhileBroken = async (stage: Stage, broken: Date): Promise<Received> => {
  const page = await waitUntil(() => pageOf(stage, 'firing', broken), {
    what: 'the page arrives',
    timeoutMs: PAGE_WITHIN_MS,
    everyMs: 500
  })
  const left = broken.getTime() + ALL_WOULD_HAVE_PAGED_MS - Date.now()
  await rest(Math.max(0, left), undefined, { signal: stage.signal })
  return page
}

export const deadOriginPages: Proof = {
  name: 'a dead MES API rings the on-call of its team, once and with a runbook; mended, the page is resolved',
  run: async (stage) => {
    const part = stage.company.parts['mes-api']
    const broken = new Date()
    await part.stop('SIGKILL')
    const page = await pageWhileBroken(stage, broken).finally(() => part.start())
    const mended = new Date()
    const [alert] = page.notification.alerts
    must(alert, 'the page names no alert')
    const { alertname = '' } = alert.labels
    must(alert.annotations.runbook_url?.endsWith(`/${alertname}.md`), 'the page links no runbook')
    const resolved = await waitUntil(() => pageOf(stage, 'resolved', mended), {
      what: 'the page is resolved',
      timeoutMs: RESOLVED_WITHIN_MS,
      everyMs: 500
    })
    const rung = pagesBetween(stage, broken, resolved.at)
    must(rung.length === 1, `one cause rang more than once: ${rung.join('; ')}`)
    const after = (at: Date, from: Date): string => `${((at.getTime() - from.getTime()) / 1000).toFixed(0)} s`
    return `${alertname}: "${alert.annotations.summary ?? ''}" after ${after(page.at, broken)}, resolved ${after(resolved.at, mended)} after the mend`
  }
}

/** The rule's `for`, the mail's wait, and a slow machine. */
const MAIL_WITHIN_MS = 10 * 60_000
const SPOILT: TierName = 'shop-api'
const REJECTED = 'CachePolicyRejected'

/** Without the line breaks of quoted-printable (RFC 2045 §6.7). */
const unfolded = ({ text }: Mail): string => text.replaceAll(/=\r?\n/g, '')

const rejectedPolicyMail = ({ receivers }: Stage): Mail | undefined =>
  receivers.mails.find((mail) => unfolded(mail).includes(`${REJECTED}.md`))

const goodOf = (plan: CompanyPlan): string => `${policyFileOf(plan, SPOILT)}.good`

export const ticketsAreMailed: Proof = {
  name: 'a tier that refuses its newest policy is a ticket: it reaches its team by e-mail over SMTP',
  begin: async ({ plan }) => {
    const file = policyFileOf(plan, SPOILT)
    await copyFile(file, goodOf(plan))
    await writeFile(file, '{"rules": "none"}')
  },
  run: async (stage) => {
    const { plan, stack } = stage
    try {
      const mail = await waitUntil(() => rejectedPolicyMail(stage), {
        what: 'the mail arrives',
        timeoutMs: MAIL_WITHIN_MS,
        everyMs: 500
      })
      must(mail.to.includes('platform@example.org'), `it went to ${mail.to.join(', ')}`)
      must(unfolded(mail).includes(`tier shop/${SPOILT}`), `it does not name the tier:\n${mail.text}`)
      return `to ${mail.to.join(', ')}: ${/^Subject: (.*)$/m.exec(mail.text)?.[1] ?? ''}`
    } finally {
      await copyFile(goodOf(plan), policyFileOf(plan, SPOILT))
      await waitUntil(async () => !(await firing(stack)), {
        what: `${REJECTED} ends`,
        timeoutMs: 120_000,
        everyMs: 500
      })
    }
  }
}

const firing = async (stack: Stack): Promise<boolean> =>
  (await stack.promQuery(`ALERTS{alertname="${REJECTED}"}`)).length > 0

export const watchdogIsHeard: Proof = {
  name: 'the dead man’s switch hears the watchdog',
  run: async ({ receivers }) => {
    const heard = await waitUntil(() => receivers.received.find(({ path }) => path === PATHS.deadman), {
      what: 'the watchdog is heard',
      timeoutMs: 180_000,
      everyMs: 500
    })
    return heard.notification.alerts[0]?.annotations.summary ?? ''
  }
}
