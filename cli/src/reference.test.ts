import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, it } from '@jest/globals'
import { reference } from './reference.ts'

const page = resolve(import.meta.dirname, '../../docs/reference/cli.md')

it('docs/reference/cli.md is what the commands say; if not, run: make synth', () => {
  expect(readFileSync(page, 'utf8')).toBe(reference())
})

it('the page has a section for every command, with its examples', () => {
  const sections = reference().split('\n## alexandrite ').slice(1)
  expect(sections.length).toBeGreaterThanOrEqual(7)
  for (const section of sections) expect(section).toMatch(/Examples:\n {2}\$ alexandrite/)
})
