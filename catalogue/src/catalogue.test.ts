import { describe, expect, it } from '@jest/globals'
import {
  checkQuery,
  families,
  logFields,
  metrics,
  objectives,
  problemText,
  recorded,
  services,
  spans,
  thresholds
} from './index.ts'
import type { Objective } from './index.ts'

const names = services.map(({ name }) => name)
const repeated = (all: readonly string[]): string[] =>
  all.filter((each, index) => all.indexOf(each) !== index)

const queriesOf = ({ indicator }: Objective): string[] => {
  if (indicator.kind === 'Availability') return [indicator.bad, indicator.total]
  if (indicator.kind === 'Level') return [indicator.query]
  return [`${indicator.histogram}_bucket{${indicator.selector},le="${indicator.thresholdSeconds}"}`]
}

describe('the catalogue', () => {
  it('names nothing twice', () => {
    expect(repeated(names)).toEqual([])
    expect(repeated([...metrics, ...recorded].map(({ name }) => name))).toEqual([])
    expect(repeated(objectives.map(({ name }) => name))).toEqual([])
    for (const service of names)
      expect(
        repeated(logFields.filter((each) => each.services.includes(service)).map(({ name }) => name))
      ).toEqual([])
  })

  it('names only services that it has', () => {
    const used = [
      ...services.flatMap(({ dependsOn }) => dependsOn),
      ...[...metrics, ...families, ...spans, ...logFields].flatMap((each) => each.services),
      ...objectives.map(({ service }) => service)
    ]
    expect(used.filter((name) => !names.includes(name))).toEqual([])
  })

  it('has counters that end in _total and histograms that end in a unit, where the software is ours', () => {
    const ours = services.filter(({ software }) => software === 'Ours').map(({ name }) => name)
    const wrong = metrics
      .filter((metric) => metric.services.every((service) => ours.includes(service)))
      .filter(({ type, name }) => type !== 'gauge' && !/_total$|_seconds$|_bytes$/.test(name))
    expect(wrong.map(({ name }) => name)).toEqual([])
  })

  it('has labels that go together among those of the metric, with fewer combinations than they could have', () => {
    for (const { name, labels, together } of metrics) {
      if (!together) continue
      const cardinalities = together.labels.map((label) => labels[label]?.cardinality)
      expect({ name, cardinalities }).not.toMatchObject({
        cardinalities: expect.arrayContaining([undefined])
      })
      const product = cardinalities.reduce<number>((all, each) => all * (each ?? 0), 1)
      expect({ name, few: together.combinations <= product }).toEqual({ name, few: true })
    }
  })

  it('has objectives whose queries can be answered, with a bound that is a bucket', () => {
    for (const objective of objectives) {
      const { indicator, target, windowDays } = objective
      const where = { file: 'catalogue/src/objectives.ts', item: objective.name }
      expect(
        queriesOf(objective)
          .flatMap((query) => checkQuery(query, where))
          .map(problemText)
      ).toEqual([])
      expect([target > 0.5 && target < 1, windowDays > 0]).toEqual([true, true])
      if (indicator.kind !== 'Latency') continue
      const histogram = metrics.find(({ name }) => name === indicator.histogram)
      expect(histogram?.buckets).toContain(indicator.thresholdSeconds)
    }
  })

  it('holds the figures of the case', () => {
    const { hitRatioLow, mesSlow, mesVerySlow, shopSlow, crmVerySlow, serverErrors, ordersStuck } = thresholds
    expect(
      [hitRatioLow, mesSlow, mesVerySlow, shopSlow, crmVerySlow, serverErrors, ordersStuck].map(
        ({ value }) => value
      )
    ).toEqual([0.6, 2, 5, 1, 3, 0.02, 5])
  })
})
