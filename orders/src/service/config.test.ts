import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'
import {
  brokerUrl,
  databaseUrl,
  httpUrl,
  integer,
  isGiven,
  oneOf,
  optionalHttpUrl,
  optionalMailbox,
  secret,
  serviceConfig,
  smtpUrl
} from './config.ts'

const folder = mkdtempSync(join(tmpdir(), 'alexandrite-config-'))
const file = join(folder, 'url')
writeFileSync(file, 'postgres://owner:sesame@db:5432/orders\n')
const emptyFile = join(folder, 'empty')
writeFileSync(emptyFile, '\n')
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const whole = { ORDERS_DATABASE_URL_FILE: file, ORDERS_AMQP_URL: 'amqp://guest:guest@broker:5672' }

const port = { min: 0, max: 65_535, fallback: 8080 }

describe('the configuration of a service', () => {
  test('has a default for all but its database and its broker', () => {
    expect(serviceConfig(whole)).toEqual({
      databaseUrl: 'postgres://owner:sesame@db:5432/orders',
      brokerUrl: 'amqp://guest:guest@broker:5672',
      host: '0.0.0.0',
      port: 8080,
      databaseConnections: 10,
      otlpEndpoint: undefined,
      logLevel: 'info'
    })
  })

  test('an empty variable is as good as none', () => {
    expect(serviceConfig({ ...whole, PORT: '', HOST: '', LOG_LEVEL: '' })).toEqual(serviceConfig(whole))
  })

  test('a secret beats its file, which is read without the end of its line', () => {
    expect(secret('KEY', { KEY: 'direct', KEY_FILE: file })).toBe('direct')
    expect(secret('KEY', { KEY_FILE: file })).toBe('postgres://owner:sesame@db:5432/orders')
  })

  test('an address loses its trailing slashes, and may be missing where it is optional', () => {
    expect(httpUrl('MES_URL', { MES_URL: 'http://mes:3000/' })).toBe('http://mes:3000')
    expect(optionalHttpUrl('MES_URL', {})).toBeUndefined()
  })

  test.each([{ KEY: 'direct' }, { KEY_FILE: file }])('a secret is given by %j', (env) => {
    expect(isGiven('KEY', env)).toBe(true)
    expect(isGiven('OTHER', env)).toBe(false)
  })

  test.each([
    'orders@example.org',
    'orders@localhost',
    'Orders <orders@example.org>',
    '<orders@example.org>'
  ])('mail may be from %s', (sender) => {
    expect(optionalMailbox('MAIL_FROM', { MAIL_FROM: sender })).toBe(sender)
  })

  test.each([
    'orders',
    'orders@',
    'a@b@c',
    'Orders orders@example.org',
    'Orders <orders>',
    'x\r\nBcc: <ada@example.org>'
  ])('mail is from nobody such as %j', (sender) => {
    expect(() => optionalMailbox('MAIL_FROM', { MAIL_FROM: sender })).toThrow(
      /^MAIL_FROM is no mail address; write orders@example.org or Orders <orders@example.org>\.$/
    )
  })

  test.each(['0x50', '8e1', ' 80', '80 ', '8_0', '-1'])('a port "%s" is no number to a person', (text) => {
    expect(() => integer('PORT', { PORT: text }, port)).toThrow('give a whole number from 0 to 65535.')
  })

  const levels = ['info', 'debug'] as const
  test.each<[string, () => unknown, string]>([
    ['a missing secret', () => secret('KEY', {}), 'KEY is missing; give it, or a file with it as KEY_FILE.'],
    [
      'a file that is not there',
      () => secret('KEY', { KEY_FILE: join(folder, 'none') }),
      `KEY_FILE names ${join(folder, 'none')}, which cannot be read (`
    ],
    [
      'a file with nothing in it',
      () => secret('KEY', { KEY_FILE: emptyFile }),
      `KEY_FILE names ${emptyFile}, which is empty; put the value into it.`
    ],
    [
      'a port of letters',
      () => integer('PORT', { PORT: 'http' }, port),
      'PORT is "http"; give a whole number from 0 to 65535.'
    ],
    [
      'a broken number',
      () => integer('PORT', { PORT: '80.5' }, port),
      'PORT is "80.5"; give a whole number from 0 to 65535.'
    ],
    [
      'a number out of range',
      () => integer('PORT', { PORT: '65536' }, port),
      'PORT is "65536"; give a whole number from 0 to 65535.'
    ],
    [
      'an unknown word',
      () => oneOf('LOG_LEVEL', { LOG_LEVEL: 'loud' }, levels),
      'LOG_LEVEL is "loud"; give one of info, debug.'
    ],
    [
      'another kind of database, whose password is not repeated',
      () => databaseUrl('DB', { DB: 'mysql://owner:sesame@db/orders' }),
      'DB is no such address; write postgres://user@host:port/database.'
    ],
    [
      'a broker that is no address',
      () => brokerUrl('AMQP', { AMQP: 'sesame' }),
      'AMQP is no such address; write amqp://user:password@host:port/vhost.'
    ],
    [
      'an address of another protocol',
      () => optionalHttpUrl('MES_URL', { MES_URL: 'ftp://mes' }),
      'MES_URL is "ftp://mes"; write an address such as http://127.0.0.1:4318.'
    ],
    [
      'an address with a password, which is not repeated',
      () => httpUrl('MES_URL', { MES_URL: 'ftp://owner:sesame@mes' }),
      'MES_URL is "ftp://mes"; write an address such as http://127.0.0.1:4318.'
    ],
    [
      'an address with a query, behind which no path can be put',
      () => httpUrl('MES_URL', { MES_URL: 'http://mes/?page=1' }),
      'MES_URL is "http://mes/?page=1"; paths are put behind it: leave out what begins with ? or #.'
    ],
    [
      'a mail server that is none, whose password is not repeated',
      () => smtpUrl('SMTP_URL', { SMTP_URL: 'imap://owner:sesame@mail' }),
      'SMTP_URL is no such address; write smtp://user:password@host:port.'
    ],
    [
      'an address that must be there',
      () => httpUrl('MES_URL', {}),
      'MES_URL is missing; give an address such as http://127.0.0.1:8080.'
    ]
  ])('names the variable, what is wrong and the mend: %s', (_, read, sentence) => {
    expect(read).toThrow(sentence)
  })
})
