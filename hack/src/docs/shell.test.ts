import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { commandsIn, shellCommands } from './shell.ts'

const wordsOf = (text: string) => shellCommands(text).map(({ words }) => words)

describe('a line of the shell', () => {
  it.each<[string, string, string[][]]>([
    ['is split at blanks', 'kubectl  get\tpods', [['kubectl', 'get', 'pods']]],
    ['keeps what is quoted together', `a 'b c' "d 'e'" f\\ g`, [['a', 'b c', "d 'e'", 'f g']]],
    ['joins what is quoted in parts', `-p='{"a": "b c"}'x`, [['-p={"a": "b c"}x']]],
    ['goes on behind a backslash', 'a b \\\n  c', [['a', 'b', 'c']]],
    ['ends before a comment', 'a b   # c d', [['a', 'b']]],
    ['has no comment within a word', 'curl x#y', [['curl', 'x#y']]],
    [
      'may be several commands',
      'a | b && c; d & e || f\ng',
      [['a'], ['b'], ['c'], ['d'], ['e'], ['f'], ['g']]
    ],
    ['means alternatives by bars without blanks', 'x install|status y', [['x', 'install|status', 'y']]],
    [
      'holds other commands',
      'eval "$(node hack/cluster.ts up)"',
      [
        ['node', 'hack/cluster.ts', 'up'],
        ['eval', '$(node hack/cluster.ts up)']
      ]
    ],
    [
      'holds others also without quotes',
      'f start=$(date -d x) z',
      [
        ['date', '-d', 'x'],
        ['f', 'start=$(date -d x)', 'z']
      ]
    ],
    ['may set variables for its command', 'A=1 B="x y" node z', [['node', 'z']]],
    ['may do nothing else', 'export A=1\nB=2', [['export', 'A=1']]],
    ['may leave out something', 'kubectl get … [options] x', [['kubectl', 'get', 'x']]],
    ['is empty', ' \n # nothing', []],
    ['has a quote that never ends', "it's", [["it's"]]]
  ])('%s', (_, text, commands) => {
    expect(wordsOf(text)).toEqual(commands)
  })

  it('is read to its end, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...`ab '"\\|&;#$()\n`) }), (text) => {
        const lines = text.split('\n').length
        for (const { line, words } of shellCommands(text)) {
          expect(line).toBeLessThan(lines)
          expect(words.length).toBeGreaterThan(0)
        }
      })
    )
  })

  it('of plain words is those words', () => {
    const word = fc.stringMatching(/^[a-z][a-z0-9./:-]*$/)
    fc.assert(
      fc.property(fc.array(word, { minLength: 1 }), (words) => {
        expect(wordsOf(words.join(' '))).toEqual([words])
      })
    )
  })
})

describe('the commands of a document', () => {
  it('are those of its blocks for the shell, and of code in its sentences, with their lines', () => {
    const text = [
      '# Title with `make up`',
      '```sh',
      'cd x &&',
      '  kubectl get pods \\',
      '    -n mes',
      '```',
      '```promql',
      'rate(x[5m])',
      '```',
      '1. Look: `kubectl describe',
      '   pod POD`, in a table `a\\|b`.',
      '   ```sh',
      '   make test',
      '   ```',
      'An unpaired ` here',
      '',
      'and ` there.'
    ].join('\n')
    expect(commandsIn(text)).toEqual([
      { line: 3, words: ['cd', 'x'], place: 'Block' },
      { line: 4, words: ['kubectl', 'get', 'pods', '-n', 'mes'], place: 'Block' },
      { line: 13, words: ['make', 'test'], place: 'Block' },
      { line: 1, words: ['make', 'up'], place: 'Sentence' },
      { line: 10, words: ['kubectl', 'describe', 'pod', 'POD'], place: 'Sentence' },
      { line: 11, words: ['a|b'], place: 'Sentence' }
    ])
  })
})
