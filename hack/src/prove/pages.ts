/** A fault reaches the person who can mend it, and its end as well. */
import type { Received } from '../stack/receivers.ts'
import { PATHS } from '../observed/observed.ts'
import { waitUntil } from '../run.ts'
import { must } from './proofs.ts'
import type { Proof, Stage } from './proofs.ts'

/** The rule's windows and `for`, the pager's wait, and a slow machine. */
const PAGE_WITHIN_MS = 8 * 60_000
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

export const deadOriginPages: Proof = {
  name: 'a dead MES API rings the on-call of its team, once and with a runbook; mended, the page is resolved',
  run: async (stage) => {
    const part = stage.company.parts['mes-api']
    const broken = new Date()
    await part.stop('SIGKILL')
    const page = await waitUntil(() => pageOf(stage, 'firing', broken), {
      what: 'the page arrives',
      timeoutMs: PAGE_WITHIN_MS,
      everyMs: 500
    }).finally(() => part.start())
    const mended = new Date()
    const [alert] = page.notification.alerts
    must(alert, 'the page names no alert')
    const { alertname = '' } = alert.labels
    must(alert.annotations.runbook_url?.endsWith(`/${alertname}.md`), 'the page links no runbook')
    const rung = pagesBetween(stage, broken, mended)
    must(rung.length === 1, `one cause rang more than once while it was there: ${rung.join('; ')}`)
    const resolved = await waitUntil(() => pageOf(stage, 'resolved', mended), {
      what: 'the page is resolved',
      timeoutMs: RESOLVED_WITHIN_MS,
      everyMs: 500
    })
    const after = (at: Date, from: Date): string => `${((at.getTime() - from.getTime()) / 1000).toFixed(0)} s`
    return `${alertname}: "${alert.annotations.summary ?? ''}" after ${after(page.at, broken)}, resolved ${after(resolved.at, mended)} after the mend`
  }
}

export const ticketsAreMailed: Proof = {
  name: 'a ticket reaches its team by e-mail over SMTP',
  run: async ({ stack, receivers }) => {
    const summary = 'A certificate of the proof expires in 6 days'
    const alert = {
      labels: {
        alertname: 'CertificateExpires',
        severity: 'ticket',
        team: 'platform',
        service: 'alexandrite-operator',
        service_tier: '2'
      },
      annotations: {
        summary,
        runbook_url: '/alerts/runbooks/CertificateExpires.md',
        dashboard_url: '/d/operator'
      }
    }
    const response = await fetch(`${stack.urls.alertmanager}/api/v2/alerts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify([alert])
    })
    must(response.ok, `Alertmanager answers ${response.status}: ${await response.text()}`)
    const mail = await waitUntil(() => receivers.mails.find(({ text }) => text.includes(summary)), {
      what: 'the mail arrives',
      timeoutMs: 120_000,
      everyMs: 500
    })
    must(mail.to.includes('platform@example.org'), `it went to ${mail.to.join(', ')}`)
    return `to ${mail.to.join(', ')}: ${/^Subject: (.*)$/m.exec(mail.text)?.[1] ?? ''}`
  }
}

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
