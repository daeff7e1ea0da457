import { describe, expect, it } from '@jest/globals'
import { checkedTarget } from './targets.ts'

const own = { prefixes: ['10.244.'] }
const check = (mes: string, confirmed: string[] = []) =>
  checkedTarget({ mes, shop: 'http://127.0.0.1:1' }, confirmed, own).mes

describe('a target', () => {
  it.each([
    ['http://127.0.0.1:8080/', 'http://127.0.0.1:8080'],
    ['http://localhost:8080', 'http://localhost:8080'],
    ['http://[::1]:8080', 'http://[::1]:8080'],
    ['http://10.244.1.7:8080', 'http://10.244.1.7:8080']
  ])('on this machine is taken: %s', (text, base) => {
    expect(check(text)).toBe(base)
  })

  it.each([
    'http://10.24.1.7',
    'https://shop.example',
    'http://127.0.0.1.example',
    'http://localhost.example'
  ])('elsewhere needs a second word: %s', (text) => {
    const host = new URL(text).hostname
    expect(() => check(text)).toThrow(`say so: --confirm-target ${host}.`)
    expect(() => check(text, ['other.example'])).toThrow('not on this machine')
    expect(check(text, [host])).toBe(text)
  })

  it.each(['127.0.0.1:8080', 'ftp://127.0.0.1', ''])('that is no address is refused: "%s"', (text) => {
    expect(() => check(text)).toThrow(`The target mes is "${text}"; write an address such as`)
  })
})
