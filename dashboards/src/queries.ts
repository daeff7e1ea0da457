/** Pieces of PromQL that several boards share. */

/** `share` of the requests were quicker than this; by the labels given. */
export const quantile = (
  share: number,
  histogram: string,
  of: { by?: string; where?: string } = {}
): string => {
  const by = of.by === undefined ? 'le' : `le, ${of.by}`
  return `histogram_quantile(${share}, sum by (${by}) (rate(${histogram}_bucket{${of.where ?? ''}}[$__rate_interval])))`
}

export const rate = (metric: string, of: { by?: string; where?: string } = {}): string => {
  const by = of.by === undefined ? '' : ` by (${of.by})`
  return `sum${by} (rate(${metric}{${of.where ?? ''}}[$__rate_interval]))`
}

/** Requests that memory, the store or somebody else's fill answered, of all but those that no rule lets through. */
export const hitRatio = (of: { by?: string; where?: string } = {}): string => {
  const where = of.where === undefined ? '' : `, ${of.where}`
  const { by } = of
  const metric = 'alexandrite_proxy_requests_total'
  const answered = rate(metric, {
    ...(by ? { by } : {}),
    where: `result=~"hit|stale|revalidated|coalesced"${where}`
  })
  const all = rate(metric, { ...(by ? { by } : {}), where: `result!="pass"${where}` })
  return `${answered} / ${all}`
}

/** Answers with 5xx, of all. Where there were none, 0. */
export const errorRatio = (by: string, where: string): string => {
  const metric = 'http_request_duration_seconds_count'
  const failed = rate(metric, { by, where: `status=~"5..", ${where}` })
  const all = rate(metric, { by, where })
  return `(${failed} / ${all}) or ${all} * 0`
}
