import { expect, test } from '@jest/globals'
import { onWrite, policy, rule } from '../../test/tier.ts'
import { classify } from './classify.ts'

const marksOf = (target: string): readonly string[] => {
  const rules = [
    rule({ name: 'card', path: '/orders/:id', tags: ['order:{path.id}'] }),
    rule({ name: 'plain', path: '/plain' })
  ]
  const found = classify(
    { method: 'GET', target, headers: [] },
    policy(rules, [onWrite('/orders', ['orders'])])
  )
  return found.kind === 'Cacheable' ? found.marks : []
}

test.each([
  [
    'of a rule that gives tags also carries that rule',
    '/orders/7',
    ['*', 'u:/orders/7', 'r:card', 't:order:7']
  ],
  ['of a rule without tags carries no mark of a rule', '/plain', ['*', 'u:/plain']],
  ['without a rule carries no mark of a rule', '/else', ['*', 'u:/else']]
])('an answer %s', (_, target, marks) => {
  expect(marksOf(target)).toEqual(marks)
})
