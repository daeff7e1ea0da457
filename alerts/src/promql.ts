/** Small pieces of PromQL that several rules use. */

/** Tiers are named after the workload they stand in front of: `mes/mes-api` gives service="mes-api". */
export const withService = (expr: string): string =>
  `label_replace(${expr}, "service", "$1", "tier", ".*/(.*)")`

/** Part of the whole, both summed by the labels; nothing where there is nothing of the part. */
export const share = (part: string, whole: string, by: readonly string[]): string =>
  `sum by (${by.join(', ')}) (${part}) / sum by (${by.join(', ')}) (${whole})`

/** Was scraped within the last hour, and nothing of it answers now: down, or gone altogether. */
export const isGone = (selector: string): string =>
  `group by (service, namespace) (last_over_time(up{${selector}}[1h])) ` +
  'unless group by (service, namespace) (up == 1)'
