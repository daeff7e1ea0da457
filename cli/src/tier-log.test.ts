import { describe, expect, it } from '@jest/globals'
import { logLine } from './tier-log.ts'

describe('a line of the log', () => {
  it('is the level, the message and the details', () => {
    const json = JSON.stringify({ level: 'warn', msg: 'the store is away', attempts: 3, url: 'unix:///x' })
    expect(logLine(json)).toBe('warn: the store is away (attempts=3, url=unix:///x)')
  })

  it('has the sentence of an error and not its stack', () => {
    const json = JSON.stringify({ level: 'error', msg: 'failed', err: { message: 'refused', stack: 'at x' } })
    expect(logLine(json)).toBe('error: failed (err=refused)')
  })
})
