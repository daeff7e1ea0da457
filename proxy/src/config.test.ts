import { describe, expect, test } from '@jest/globals'
import { ConfigError, readConfig } from './config.ts'

const ORIGIN = { ALEXANDRITE_ORIGIN: 'http://127.0.0.1:8080' }

describe('limits of the traffic port', () => {
  test('are left to the defaults when no variable names them', () => {
    expect(readConfig(ORIGIN).limits).toEqual({})
  })

  test('are read from the environment', () => {
    const { limits, jwtClockSkewMs } = readConfig({
      ...ORIGIN,
      ALEXANDRITE_MAX_HEAD_BYTES: '64Ki',
      ALEXANDRITE_MAX_CONNECTIONS: '500',
      ALEXANDRITE_HEAD_TIMEOUT_SECONDS: '10',
      ALEXANDRITE_IDLE_TIMEOUT_SECONDS: '60',
      ALEXANDRITE_REQUEST_TIMEOUT_SECONDS: '900',
      ALEXANDRITE_ORIGIN_TIMEOUT_SECONDS: '120',
      ALEXANDRITE_JWT_CLOCK_SKEW_SECONDS: '30'
    })
    expect(limits).toEqual({
      maxHeadBytes: 65_536,
      maxConnections: 500,
      headTimeoutMs: 10_000,
      idleTimeoutMs: 60_000,
      requestTimeoutMs: 900_000,
      originTimeoutMs: 120_000
    })
    expect(jwtClockSkewMs).toBe(30_000)
  })

  test.each([
    ['ALEXANDRITE_MAX_HEAD_BYTES', '100', '100 must be from 1024 to 1048576'],
    ['ALEXANDRITE_MAX_HEAD_BYTES', '2Mi', '2097152 must be from 1024 to 1048576'],
    ['ALEXANDRITE_MAX_HEAD_BYTES', 'big', 'such as 128Mi'],
    ['ALEXANDRITE_MAX_CONNECTIONS', '0', '0 must be from 1 to 1000000'],
    ['ALEXANDRITE_MAX_CONNECTIONS', '1e3', 'must be a whole number'],
    ['ALEXANDRITE_HEAD_TIMEOUT_SECONDS', '0', '0 must be from 1 to 9999'],
    ['ALEXANDRITE_IDLE_TIMEOUT_SECONDS', '-1', 'must be a whole number of seconds'],
    ['ALEXANDRITE_REQUEST_TIMEOUT_SECONDS', '5m', 'must be a whole number of seconds'],
    ['ALEXANDRITE_JWT_CLOCK_SKEW_SECONDS', '31', '31 must be from 0 to 30']
  ])('%s=%s is refused with a sentence that names it', (name, value, sentence) => {
    const read = () => readConfig({ ...ORIGIN, [name]: value })
    expect(read).toThrow(ConfigError)
    expect(read).toThrow(`${name}: `)
    expect(read).toThrow(sentence)
  })
})
