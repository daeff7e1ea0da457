import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { REPOSITORY } from '../../paths.ts'
import { parseFamily, processorTime } from '../processor-time.ts'
import { INJECTIONS } from './injections.ts'
import { gateOptions } from './options.ts'
import { changed, changedTree } from './tree.ts'

describe('options of the gate', () => {
  it.each([
    [['--pairs', '7'], '--pairs is 7; give an even number: turns come in fours.'],
    [['--pairs', '4'], '--pairs is "4"; give a whole number from 6 to 200.'],
    [['--subjects', 'hit-path,page'], '--subjects names "page"; there are hit-path, dashboard, users.'],
    [['--seed', 'x'], '--seed is "x"; give a whole number from 0 to 1000000000.'],
    [['--what'], "Unknown option '--what'. Try --help."]
  ])('%j are refused with a sentence', (argv, sentence) => {
    expect(() => gateOptions(argv)).toThrow(sentence)
  })

  it('have defaults, and help is no options', () => {
    expect(gateOptions([])).toMatchObject({
      base: undefined,
      mostPairs: 24,
      seed: 1,
      subjects: ['hit-path', 'dashboard', 'users']
    })
    expect(gateOptions(['--help'])).toBeUndefined()
  })
})

describe('changes for the proof', () => {
  it.each(INJECTIONS.map((one) => [one.subject, one] as const))(
    'fit the sources of today: %s',
    (_, injection) => {
      for (const change of injection.changes(0.2)) {
        const text = readFileSync(join(REPOSITORY, change.file), 'utf8')
        expect(changed(text, change)).toContain(change.replace)
      }
    }
  )

  it('are refused where the sources have moved on', () => {
    expect(() => changed('a b', { file: 'f.ts', find: 'c', replace: 'd' })).toThrow(
      'f.ts has "c" 0 times, not once: the change for the proof no longer fits'
    )
  })

  it('are made in a copy whose own packages are its own, and which goes at the end', async () => {
    const file = 'examples/src/mes/dashboard.ts'
    const change = { file, find: 'export const PAGE_SIZE = 25', replace: 'export const PAGE_SIZE = 24' }
    const tree = await changedTree('a copy', [change])
    try {
      expect(readFileSync(join(tree.root, file), 'utf8')).toContain('PAGE_SIZE = 24')
      expect(readFileSync(join(REPOSITORY, file), 'utf8')).toContain('PAGE_SIZE = 25')
      const inode = (root: string) => statSync(join(root, 'node_modules/@alexandrite/api/package.json')).ino
      expect(inode(tree.root)).not.toBe(inode(REPOSITORY))
      expect(existsSync(join(tree.root, 'node_modules/undici/package.json'))).toBe(true)
    } finally {
      await tree.stop()
    }
    expect(existsSync(tree.root)).toBe(false)
  })
})

describe('processor time', () => {
  it('counts what this process does', () => {
    const before = processorTime([process.pid])
    const started = process.cpuUsage()
    let work = 0
    while (process.cpuUsage(started).user < 200_000) work += Math.sqrt(work + 1)
    const spent = processorTime([process.pid]) - before
    expect(spent).toBeGreaterThan(100_000_000)
    expect(spent).toBeLessThan(4_000_000_000)
  })

  it('of a process that is not there is nothing', () => {
    expect(processorTime([2 ** 30])).toBe(0)
  })

  it('reads the parent and the time of ended children', () => {
    const text = '12 (postgres: a) b) S 7 12 12 0 -1 4194560 100 200 0 0 30 10 250 50 20 0 1 0 99'
    expect(parseFamily(text)).toEqual({ parent: 7, ended: 3_000_000_000 })
  })
})
