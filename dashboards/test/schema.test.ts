import { join } from 'node:path'
import { beforeAll, describe, expect, test } from '@jest/globals'
import { Ajv } from 'ajv'
import { createGenerator } from 'ts-json-schema-generator'
import { BOARDS } from '../src/boards.ts'
import { build } from '../src/build.ts'
import { DATASOURCES } from '../src/spec.ts'

type Complaints = (value: unknown) => string[]

/** Types of schemas.ts by what they check. */
const TYPES: Readonly<Record<string, string>> = {
  dashboard: 'DashboardSchema',
  'query of prometheus': 'PrometheusQuery',
  'query of loki': 'LokiQuery',
  'options of bargauge': 'BarGaugeOptions',
  'options of logs': 'LogsOptions',
  'options of stat': 'BigNumberOptions',
  'options of table': 'RowsOptions',
  'options of timeseries': 'TimeSeriesOptions',
  'fields of table': 'RowsFields',
  'fields of timeseries': 'TimeSeriesFields'
}

/** Checks values against the SDK's types, which are made from Grafana's own schemas. */
function checks(): Map<string, Complaints> {
  const path = join(import.meta.dirname, 'schemas.ts')
  const tsconfig = join(import.meta.dirname, '../../tsconfig.json')
  const generator = createGenerator({ path, tsconfig, skipTypeCheck: true, functions: 'hide' })
  return new Map(
    Object.entries(TYPES).map(([name, type]) => {
      const schema: object = generator.createSchema(type)
      const validate = new Ajv({ strict: false, allErrors: true }).compile(schema)
      const complaints: Complaints = (value) => {
        validate(value)
        return (validate.errors ?? []).map(({ instancePath, message = '' }) => `${instancePath} ${message}`)
      }
      return [name, complaints]
    })
  )
}

const json = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

interface PanelJson {
  readonly type: string
  readonly title: string
  readonly gridPos: Readonly<Record<'x' | 'y' | 'w' | 'h', number>>
  readonly options?: unknown
  readonly fieldConfig?: { readonly defaults?: { readonly custom?: unknown } }
  readonly targets: readonly unknown[]
  readonly datasource: { readonly type: string; readonly uid: string }
}

let complaintsOf: Map<string, Complaints>
beforeAll(() => {
  complaintsOf = checks()
}, 120_000)

/** Of a part that the SDK has no type of, the complaint is just that. */
const complain = (name: string, value: unknown): string[] =>
  complaintsOf.get(name)?.(value) ?? [`no schema of the ${name}`]

describe.each(BOARDS.map((board) => [board.uid, board] as const))('the dashboard %s', (_uid, board) => {
  const panels = () =>
    (json(build(board)) as { panels: PanelJson[] }).panels.filter(({ type }) => type !== 'row')

  test('is what the schema of dashboards asks for', () => {
    const whole = json(build(board)) as { panels: object[] }
    // Their types differ by data source: they are looked at below.
    const panels = whole.panels.map((panel) => ('targets' in panel ? { ...panel, targets: [] } : panel))
    expect(complain('dashboard', { ...whole, panels })).toEqual([])
  })

  test('has queries as their data sources take them, and only data sources that are provisioned', () => {
    const complaints = panels().flatMap(({ title, targets, datasource: { type, uid } }) => {
      expect(Object.values<string>(DATASOURCES)).toContain(uid)
      // Of Jaeger's queries the SDK has no type.
      return targets
        .flatMap((target) => (type === 'jaeger' ? [] : complain(`query of ${type}`, target)))
        .map((text) => `${title}: ${text}`)
    })
    expect(complaints).toEqual([])
  })

  test('has panels whose options and fields are what their schemas ask for', () => {
    const complaints = panels().flatMap(({ type, title, options = {}, fieldConfig }) => {
      const custom = fieldConfig?.defaults?.custom
      return [
        ...complain(`options of ${type}`, options),
        ...(custom === undefined ? [] : complain(`fields of ${type}`, custom))
      ].map((text) => `${title}: ${text}`)
    })
    expect(complaints).toEqual([])
  })

  test('has no two panels on the same place', () => {
    const taken = new Set<string>()
    for (const { gridPos } of panels())
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(x).toBeLessThan(24)
          expect(taken.has(`${x} ${y}`)).toBe(false)
          taken.add(`${x} ${y}`)
        }
  })
})

test('the schema refuses what Grafana would not take', () => {
  const [board] = BOARDS
  if (!board) throw new Error('there is no board')
  const broken = { ...(json(build(board)) as object), graphTooltip: 'everywhere' }
  expect(complain('dashboard', broken)).not.toEqual([])
})
