/** What Prometheus itself writes about each scrape and each alert. */
import { TIER, oneOf, upTo } from '../labels.ts'
import { services } from '../services.ts'
import type { Metric } from '../types.ts'
import { define } from './define.ts'

/** Grafana is not scraped. */
const scraped = services.map(({ name }) => name).filter((name) => name !== 'grafana')
const { gauge } = define({ services: scraped, labels: { tier: TIER } })
const { gauge: ofPrometheus } = define({ services: ['prometheus'] })

const alert = {
  alertname: upTo(60, 'Name of the alert.'),
  alertstate: oneOf('How it stands.', ['pending', 'firing']),
  severity: oneOf('Who is told.', ['critical', 'warning', 'ticket', 'none']),
  team: oneOf('Who mends.', ['platform', 'mes', 'shop', 'crm'])
}
/** An alert has the labels of what it is about besides; forty are a very bad night. */
const together = { labels: ['alertname', 'alertstate', 'severity', 'team'], combinations: 40 }
const { alertstate: _, ...lasting } = alert

export const scrapeMetrics: readonly Metric[] = [
  gauge('up', '1 while the last scrape succeeded.', { unit: 'boolean' }),
  gauge('scrape_duration_seconds', 'How long the last scrape took.'),
  gauge('scrape_samples_scraped', 'Samples of the last scrape.'),
  gauge('scrape_samples_post_metric_relabeling', 'Samples that were left after relabelling.'),
  gauge('scrape_series_added', 'Series that the last scrape added, about.')
]

export const alertMetrics: readonly Metric[] = [
  ofPrometheus('ALERTS', '1 while an alert is pending or fires.', {
    labels: alert,
    together,
    otherLabels: true,
    presence: 'OnFault'
  }),
  ofPrometheus('ALERTS_FOR_STATE', 'Since when an alert is pending, in seconds since the epoch.', {
    labels: lasting,
    together: { labels: ['alertname', 'severity', 'team'], combinations: 40 },
    otherLabels: true,
    unit: 'timestamp',
    presence: 'OnFault'
  })
]
