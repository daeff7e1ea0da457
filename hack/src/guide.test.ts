import { describe, expect, it } from '@jest/globals'
import { exportsOf, isToFillIn, namesToFillIn, shapesOf, stepsOf, withoutNumbers } from './guide.ts'

const GUIDE = `# A guide
## First
Fill in:
\`\`\`sh
export A_URL=…  # where
export B=… C=…
\`\`\`
Then
\`\`\`sh
export TOKEN=$B
alexandrite orders crm status --read-model http://127.0.0.1:8086 --json
\`\`\`
\`\`\`text
step  legacy
\`\`\`
## Second
\`\`\`yaml
a: 1
\`\`\`
\`\`\`sh
kubectl apply -k folder
\`\`\`
`

describe('a guide', () => {
  const steps = stepsOf(GUIDE)

  it('is its commands, each under its heading, with what it says that they print', () => {
    expect(steps.map(({ heading, prints }) => [heading, prints])).toEqual([
      ['First', undefined],
      ['First', 'step  legacy'],
      ['Second', undefined]
    ])
  })

  it('says what is to be filled in, and what is exported on the way', () => {
    expect(steps.map(isToFillIn)).toEqual([true, false, false])
    expect(steps.map(namesToFillIn)).toEqual([['A_URL', 'B', 'C'], [], []])
    expect(steps.slice(1).map(exportsOf)).toEqual([['export TOKEN=$B'], []])
  })

  it('has commands whose values are everyone’s own', () => {
    expect(shapesOf(steps)).toEqual(['orders crm status --read-model … --json'])
  })
})

it('what is printed is the same on another day but for its numbers', () => {
  const said = 'behind  0.4 s\nseen 12 s ago\n'
  expect(withoutNumbers(said)).toBe(withoutNumbers('behind  13.0 s\nseen 0 s ago'))
  expect(withoutNumbers(said)).not.toBe(withoutNumbers('behind  unknown\nseen 0 s ago'))
})
