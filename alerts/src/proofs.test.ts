import { beforeAll, describe, expect, test } from '@jest/globals'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { resolveTool, run } from '@alexandrite/hack'
import { prove, type Failures } from '@alexandrite/hack/alerts/promtool'
import { parse } from 'yaml'
import { alerts, groups } from './groups.ts'
import { ruleFiles } from './index.ts'
import { proofs } from './proofs/index.ts'
import { idOf, isAlert } from './rule.ts'

const rules = new Map(groups.flatMap((group) => group.rules).map((rule) => [idOf(rule), rule]))
const ids = [...rules.keys()]

test('every rule has a proof, and every proof a rule', () => {
  expect([...proofs.keys()].sort()).toEqual([...ids].sort())
})

test('every proof of an alert has a fault at which it fires, and cases in which it is silent', () => {
  const lacking = alerts.map(idOf).filter((id) => {
    const moments = proofs.get(id)?.cases.flatMap((each) => each.moments) ?? []
    const counts = moments.map((moment) => ('firing' in moment ? moment.firing.length : 0))
    return !counts.some((count) => count > 0) || !counts.includes(0)
  })
  // The watchdog is never silent.
  expect(lacking).toEqual([expect.stringMatching(/^Watchdog\{/)])
})

describe('promtool finds that', () => {
  let failures: Failures

  beforeAll(async () => {
    const tasks = ids.map((id, number) => {
      const rule = rules.get(id)
      const proof = proofs.get(id)
      if (!rule || !proof) throw new Error(`${id} has no proof`)
      return { proof, original: rule, variants: [{ number, rule }] }
    })
    failures = await prove(tasks)
  }, 300_000)

  test.each(ids.map((id, number) => [id, number] as const))('%s does what its proof says', (_, number) => {
    expect(failures.get(number) ?? []).toEqual([])
  })
})

describe('the rule files', () => {
  test('are accepted by promtool', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'alexandrite-rules-'))
    try {
      const files = ruleFiles()
      for (const [name, text] of files) await writeFile(join(folder, name), text)
      const output = await run(await resolveTool('promtool'), ['check', 'rules', ...files.keys()], {
        cwd: folder
      })
      expect(output.match(/SUCCESS/g)).toHaveLength(files.size)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })

  test('give every alert who is told, what it means, a runbook, a dashboard and its query', () => {
    const places = {
      repositoryUrl: 'https://git.example.com/main/',
      grafanaUrl: 'https://grafana.example.com'
    }
    const written = [...ruleFiles(places).values()].flatMap(
      (text) => (parse(text) as { groups: { rules: Record<string, unknown>[] }[] }).groups
    )
    const all = written.flatMap((group) => group.rules).filter((rule) => 'alert' in rule)
    expect(all).toHaveLength(alerts.length)
    for (const rule of all)
      expect(rule).toMatchObject({
        labels: {
          severity: expect.stringMatching(/^(critical|warning|ticket|none)$/),
          team: expect.any(String)
        },
        annotations: {
          summary: expect.any(String),
          description: expect.any(String),
          runbook_url: `https://git.example.com/main/alerts/runbooks/${String(rule.alert)}.md`,
          dashboard_url: expect.stringMatching(/^https:\/\/grafana\.example\.com\/d\/[a-z-]+\?/),
          query: rule.expr
        }
      })
  })

  test('have the value in every summary whose value says more than yes or no', () => {
    const without = alerts.filter(({ summary }) => !summary.includes('$value')).map(({ expr }) => expr)
    // Comparisons with 0, whether something is there at all, and the state of a breaker.
    const yesOrNo = /== 0|\bgroup by\b|> 0\b|> 0\)|breaker_state|time\(\)/
    expect(without.filter((expr) => !yesOrNo.test(expr))).toEqual([])
  })
})

test('ids tell alerts apart', () => {
  expect(new Set(ids).size).toBe(groups.flatMap((group) => group.rules).length)
  expect(groups.flatMap((group) => group.rules).filter(isAlert)).toHaveLength(alerts.length)
})
