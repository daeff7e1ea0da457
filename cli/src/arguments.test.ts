import { describe, expect, it } from '@jest/globals'
import * as args from './arguments.ts'

describe('an address', () => {
  it.each([
    ['127.0.0.1:8080', { host: '127.0.0.1', port: 8080 }],
    ['localhost:0', { host: 'localhost', port: 0 }],
    [':8080', { host: '0.0.0.0', port: 8080 }],
    ['[::1]:8080', { host: '::1', port: 8080 }]
  ])('%s is read and written back', (text, address) => {
    expect(args.parseAddress(text)).toEqual(address)
    expect(args.formatAddress(address)).toBe(text.replace(/^:/, '0.0.0.0:'))
  })

  it.each(['', '8080', 'host', 'host:', 'host:99999', '::1:8080', 'http://host:80'])(
    '%j is refused',
    (text) => {
      expect(() => args.parseAddress(text)).toThrow('is not HOST:PORT')
    }
  )

  it.each([
    [{ host: '0.0.0.0', port: 80 }, 'http://localhost:80'],
    [{ host: '::', port: 80 }, 'http://localhost:80'],
    [{ host: '::1', port: 80 }, 'http://[::1]:80']
  ])('%j is shown as a URL that a person can open', (address, url) => {
    expect(args.addressUrl(address)).toBe(url)
  })
})

describe('an origin', () => {
  it('is scheme, host and port', () => {
    expect(args.parseOrigin('http://127.0.0.1:8080/')).toBe('http://127.0.0.1:8080')
  })

  it.each([
    '127.0.0.1:8080',
    'https://host',
    'http://host/path',
    'http://user:password@host',
    'http://host?q'
  ])('%s is refused', (text) => {
    expect(() => args.parseOrigin(text)).toThrow(/write/)
  })
})

describe('the URL of an admin port', () => {
  it.each([
    ['http://127.0.0.1:15081/', 'http://127.0.0.1:15081'],
    ['127.0.0.1:15081', 'http://127.0.0.1:15081'],
    ['https://mes/stats', 'https://mes']
  ])('%s is read as %s', (text, url) => {
    expect(args.parseAdminUrl(text)).toBe(url)
  })

  it.each([
    [args.parseAdminUrl, 'is not the URL of an admin port; write for example http://127.0.0.1:15081'],
    [
      args.parseReadModelUrl,
      'is not the URL of the service crm-read-model; write for example http://127.0.0.1:8086'
    ]
  ])('is refused where it is none', (parse, sentence) => {
    expect(() => parse('http://')).toThrow(`"http://" ${sentence}`)
  })
})

describe('the URL of a Redis', () => {
  it.each(['redis://host:6379', 'rediss://host', 'unix:///run/redis.sock'])('may be %s', (text) => {
    expect(args.redisOption(text)).toEqual({ redisUrl: text })
  })

  it('is refused without being repeated', () => {
    expect(() => args.redisOption('http://:secret@host')).toThrow(/^--redis is not the URL of a Redis; write/)
  })
})

describe('values by tier', () => {
  const collect = args.collectByTier((text) => text)

  it('are collected by NAMESPACE/NAME; a bare name is in the namespace default', () => {
    expect([...collect('api=b', collect('mes/api=a=1'))]).toEqual([
      ['mes/api', 'a=1'],
      ['default/api', 'b']
    ])
  })

  it('may not name a tier twice', () => {
    expect(() => collect('default/api=b', collect('api=a'))).toThrow('tier default/api is given twice')
  })
})

describe('headers', () => {
  it('are collected in lower case; repeated ones are joined', () => {
    const first = args.collectHeader('Accept: a')
    expect(args.collectHeader('ACCEPT:b', first)).toEqual({ accept: 'a, b' })
  })

  it.each(['', 'name', ': value', 'bad name: x'])('%j is refused', (text) => {
    expect(() => args.collectHeader(text)).toThrow('is not a header')
  })
})
