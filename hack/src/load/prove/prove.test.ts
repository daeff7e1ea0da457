import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { normal, seededRandom } from '@alexandrite/loadtest/statistics/index'
import type { Outcome, Recording } from '@alexandrite/loadtest/statistics/index'
import { append, read } from './evidence.ts'
import type { Evidence, Kind } from './evidence.ts'
import { cellsOf, keepsPromise, rowsOf, shareText } from './verdict.ts'

const METRIC = { name: 'p50', unit: 'ms', allowed: 1.1 } as const

const recording = (slower: number, spread: number, seed: number): Recording => {
  const random = seededRandom(seed)
  const side = (factor: number) =>
    Array.from({ length: 12 }, () => ({
      values: { p50: 40 * factor * Math.exp(spread * normal(random)) },
      requests: 20,
      failed: 0
    }))
  return { baseline: side(1), candidate: side(slower) }
}

const gate = (kind: Kind, outcome: Outcome, seed: number, spread = 0.01): Evidence => ({
  subject: 'dashboard',
  kind,
  share: kind === 'Same' ? 0 : 0.2,
  outcome,
  seconds: 12,
  recording: recording(kind === 'Same' ? 1 : 1.2, spread, seed)
})

const OPTIONS = { metrics: [METRIC], mostPairs: 24, simulate: 500 }

describe('the proof', () => {
  it('keeps what it saw, a line a gate, and adds to it', () => {
    const folder = mkdtempSync(join(tmpdir(), 'alexandrite-evidence-'))
    try {
      const file = join(folder, 'evidence.jsonl')
      expect(read(file)).toEqual([])
      append(file, gate('Same', 'Pass', 1))
      append(file, gate('Slowed', 'Regression', 2))
      expect(read(file).map(({ kind, outcome }) => [kind, outcome])).toEqual([
        ['Same', 'Pass'],
        ['Slowed', 'Regression']
      ])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('counts real gates and plays others with their blocks', () => {
    const all = [1, 2, 3, 4].flatMap((seed) => [
      gate('Same', 'Pass', seed),
      gate('Slowed', 'Regression', seed + 10)
    ])
    const rows = rowsOf(all, 'dashboard', OPTIONS)
    expect(rows.map(({ kind, source }) => `${kind}, ${source}`)).toEqual([
      'Same, real runs',
      'Same, simulated',
      'Slowed, real runs',
      'Slowed, simulated'
    ])
    expect(rows.every(keepsPromise)).toBe(true)
    expect(rows[2]?.seen).toMatch(/^p50 \+(19|20)\.\d %$/)
  })

  it('does not keep its promise when slowed gates pass, or when equal ones raise alarms', () => {
    const missed = [1, 2, 3].map((seed) => gate('Slowed', 'CannotTell', seed, 0.4))
    expect(rowsOf(missed, 'dashboard', OPTIONS).map(keepsPromise)).toEqual([false, false])
    const alarm = [gate('Same', 'Regression', 1)]
    expect(rowsOf(alarm, 'dashboard', { ...OPTIONS, simulate: 0 }).map(keepsPromise)).toEqual([false])
  })

  it('says counts with their bounds', () => {
    expect(shareText(59, 60)).toBe('59 of 60: 98.3 % (91.1 % to 100.0 %)')
    const [row] = rowsOf([gate('Same', 'Pass', 1)], 'dashboard', { ...OPTIONS, simulate: 0 })
    expect(row === undefined ? [] : cellsOf(row).slice(4)).toEqual([
      'false alarms 0 of 1: 0.0 % (0.0 % to 97.5 %)',
      '1',
      '0',
      'kept'
    ])
  })

  it('has nothing to say of what was not tried', () => {
    expect(rowsOf([], 'dashboard', OPTIONS)).toEqual([])
  })
})
