import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { goodManifests } from '../test/good-manifests.ts'
import { WRONG_MANIFESTS } from '../test/wrong-manifests.ts'
import { parseCacheTiers } from './parse.ts'
import { formatProblem } from './problem.ts'

const tier = (name: string, namespace = 'mes') => `apiVersion: alexandrite.dev/v1alpha1
kind: CacheTier
metadata: {name: ${name}, namespace: ${namespace}}
spec:
  workload: {name: mes-api, port: http}
`
const sentences = (text: string) => parseCacheTiers(text, 'tiers.yaml').problems.map(formatProblem)
const names = (text: string) => parseCacheTiers(text, 'tiers.yaml').tiers.map(({ metadata }) => metadata.name)

describe('a file of tiers', () => {
  test('may hold several documents, empty ones and comments', () => {
    const text = `---\n# first\n${tier('a')}---\n---\n${tier('b')}...\n---\n# nothing\n`
    expect(sentences(text)).toEqual([])
    expect(names(text)).toEqual(['a', 'b'])
  })

  test('may be JSON', () => {
    const text = JSON.stringify({
      apiVersion: 'alexandrite.dev/v1alpha1',
      kind: 'CacheTier',
      metadata: { name: 'a' },
      spec: { workload: { name: 'mes-api', port: 'http' } }
    })
    expect(names(text)).toEqual(['a'])
  })

  test('may be empty', () => {
    expect(parseCacheTiers('', 'tiers.yaml')).toEqual({ tiers: [], problems: [] })
  })

  test('keeps its good tiers when another document is wrong, and names the line', () => {
    const text = `${tier('a')}---\n${tier('b')}  store:\n    topology: sidecar\n---\n${tier('c')}`
    expect(names(text)).toEqual(['a', 'c'])
    expect(sentences(text)).toEqual([
      "tiers.yaml:13: spec.store.topology: is 'sidecar', which is none of Sidecar, Shared, External: write Sidecar"
    ])
  })

  test('names the line of the object around it for a field that is missing', () => {
    expect(sentences(tier('a').replace(', port: http', ''))).toEqual([
      'tiers.yaml:5: spec.workload.port: is missing: add it, such as port: http'
    ])
  })

  test('names the line of an entry of a list', () => {
    const rules = [
      '  policy:',
      '    rules:',
      '      - {name: a, match: {path: /a}}',
      '      - name: b',
      '        match: {path: /b}',
      '        ttl: soon'
    ]
    expect(sentences(`${tier('a')}${rules.join('\n')}`)[0]).toMatch(
      /^tiers\.yaml:11: spec\.policy\.rules\[1\]\.ttl: is not a duration: /
    )
  })

  test('reports the second tier of one name in one namespace, and where the first one is', () => {
    const text = `${tier('a')}---\n${tier('a', 'shop')}---\n${tier('a')}`
    expect(names(text)).toEqual(['a', 'a'])
    expect(sentences(text)).toEqual([
      'tiers.yaml:15: metadata.name: mes/a is already the tier at tiers.yaml:3: rename one of them'
    ])
  })

  test('takes a tier without a namespace to be in default', () => {
    const text = `${tier('a', 'default')}---\n${tier('a').replace(', namespace: mes', '')}`
    expect(sentences(text)).toHaveLength(1)
  })

  test('reports objects of other kinds with the mend', () => {
    expect(sentences(`apiVersion: v1\nkind: Service\n---\n${tier('a')}`)).toEqual([
      'tiers.yaml:2: kind: is v1 Service, not alexandrite.dev/v1alpha1 CacheTier: ' +
        'write apiVersion: alexandrite.dev/v1alpha1 and kind: CacheTier, or keep other objects in another file'
    ])
  })

  test('reports what is no YAML with its line', () => {
    expect(sentences(`${tier('a')}  store: {topology: Shared\n`)[0]).toMatch(
      /^tiers\.yaml:\d: is not valid YAML \(/
    )
    expect(sentences(`${tier('a')}\tstore: 1\n`)[0]).toMatch(/^tiers\.yaml:6: is not valid YAML \(/)
    expect(sentences(`${tier('a')}kind: CacheTier\n`)[0]).toMatch(
      /^tiers\.yaml:6: is not valid YAML \(.*unique/
    )
    expect(sentences('a: *nothing\n')[0]).toMatch(/^tiers\.yaml:1: is not valid YAML \(.*nothing/)
  })

  test('reports aliases that multiply without end instead of following them', () => {
    const lines = ['a: &a [x, x, x, x, x, x, x, x, x]']
    for (const [from, to] of ['ab', 'bc', 'cd', 'de', 'ef', 'fg']) {
      lines.push(`${to}: &${to} [${Array(9).fill(`*${from}`).join(', ')}]`)
    }
    expect(sentences(lines.join('\n'))[0]).toMatch(/^tiers\.yaml:1: is not valid YAML \(.*alias/i)
  })
})

describe('the parser never throws', () => {
  const never = (text: string) => {
    const { tiers, problems } = parseCacheTiers(text, 'tiers.yaml')
    for (const problem of problems) expect(formatProblem(problem)).toMatch(/^tiers\.yaml:\d+: /)
    expect(Array.isArray(tiers)).toBe(true)
  }

  test('on random text', () => {
    const letters = fc.constantFrom(...'ab1 \n\t-:{}[],&*!|>\'"#%@`?.~<=\0é\u{1f600}')
    fc.assert(fc.property(fc.string({ unit: letters, maxLength: 60 }), never), { numRuns: 1500 })
  })

  test('on random JSON', () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        never(json)
        never(`apiVersion: alexandrite.dev/v1alpha1\nkind: CacheTier\nspec: ${json}\n`)
      })
    )
  })

  test('on manifests that were cut and pasted at random', () => {
    const lines = [...goodManifests, ...WRONG_MANIFESTS].flatMap(({ yaml }) => yaml.split('\n'))
    const line = fc.constantFrom(
      ...lines,
      '---',
      '...',
      '%YAML 1.1',
      '  - <<: *x',
      '? [a, b]: c',
      '!!binary x: y'
    )
    fc.assert(
      fc.property(fc.array(line, { maxLength: 14 }), (chosen) => never(chosen.join('\n'))),
      { numRuns: 500 }
    )
  })
})
