import { expect, test } from '@jest/globals'
import { alerts } from '@alexandrite/alerts'
import { dashboards } from '@alexandrite/dashboards'

test('every alert leads to a dashboard that exists', () => {
  const uids = new Set([...dashboards().keys()].map((file) => file.replace(/\.json$/, '')))
  const lost = alerts
    .filter(({ dashboard }) => !uids.has(dashboard))
    .map(({ alert, dashboard }) => [alert, dashboard])
  expect(lost).toEqual([])
})
