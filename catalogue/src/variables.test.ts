import { describe, expect, it } from '@jest/globals'
import { variablesIn, withVariables } from './variables.ts'

describe('variables of Grafana', () => {
  it.each([
    ['rate(x[$__rate_interval])', 'rate(x[5m])'],
    ['increase(x[$__range])', 'increase(x[1h])'],
    ['x{tier="$tier"}', 'x{tier="mes/mes-api"}'],
    ['x{tier=~"${tier:regex}"}', 'x{tier=~"mes/mes-api"}'],
    ['x{tier=~"[[tier]]"}', 'x{tier=~"mes/mes-api"}'],
    ['x{route=~"/a$"}', 'x{route=~"/a$"}'],
    ['x{a="$unknown"}', 'x{a="$unknown"}']
  ])('%s becomes %s', (expr, expected) => {
    expect(withVariables(expr, { tier: 'mes/mes-api' })).toBe(expected)
  })

  it('a built-in one can have another value', () => {
    expect(withVariables('rate(x[$__rate_interval])', { __rate_interval: '2m' })).toBe('rate(x[2m])')
  })

  it('are found once each', () => {
    expect(variablesIn('x{a="$a",b="${b}",c="$a"}')).toEqual(['a', 'b'])
  })
})
