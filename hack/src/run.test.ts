import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePorts } from './ports.ts'
import { isAlive, run, start, tryRun, waitUntil } from './run.ts'

describe('run', () => {
  test('gives the standard output, and passes input and environment on', async () => {
    expect(await run('sh', ['-c', 'cat; echo "$A"'], { input: 'in ', env: { A: 'env' } })).toBe('in env\n')
  })

  test('fails with the command and the end of what it said', async () => {
    await expect(run('sh', ['-c', 'echo out; echo why >&2; exit 3'])).rejects.toThrow(/exit 3\):\nout\nwhy$/)
  })

  test('names a command that does not exist', async () => {
    await expect(run('no-such-command', [])).rejects.toThrow('cannot start no-such-command')
    expect(await tryRun('no-such-command', [])).toBeUndefined()
  })

  test('kills a command that takes longer than it may', async () => {
    await expect(run('sleep', ['60'], { timeoutMs: 50 })).rejects.toThrow('by signal')
  })
})

describe('start', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'alexandrite-test-'))
  })
  afterEach(() => {
    rmSync(folder, { recursive: true })
  })

  test('writes the output to the log, and stops the whole group, also one that ignores SIGTERM', async () => {
    const logFile = join(folder, 'log')
    const started = await start('sh', ['-c', 'trap "" TERM; sleep 60 & echo $!; wait; sleep 60'], { logFile })
    const child = await waitUntil(() => Number(readFileSync(logFile, 'utf8')) || undefined, {
      what: 'a line'
    })
    await started.stop('SIGTERM', 50)
    expect(started.isRunning()).toBe(false)
    await waitUntil(() => !isAlive(child), { what: 'the child is gone' })
  })

  test('stops what has stopped already', async () => {
    const started = await start('true', [], { logFile: join(folder, 'log') })
    await started.exited
    await started.stop()
    expect(started.isRunning()).toBe(false)
  })
})

describe('waitUntil', () => {
  test('returns the first answer that is one', async () => {
    let count = 0
    expect(await waitUntil(() => (++count < 3 ? undefined : count), { what: 'three', everyMs: 1 })).toBe(3)
  })

  test('quotes the last error when the time is over', async () => {
    const never = () => Promise.reject(new Error('refused'))
    await expect(waitUntil(never, { what: 'it answers', timeoutMs: 20, everyMs: 5 })).rejects.toThrow(
      /timed out .*: it answers \(last answer: refused\)/
    )
  })

  test('gives up at once when there is a reason', async () => {
    const options = { what: 'it answers', giveUp: () => 'it has died' }
    await expect(waitUntil(() => false, options)).rejects.toThrow('it answers: it has died')
  })
})

test('free ports are all different', async () => {
  const ports = await freePorts(5)
  expect(new Set(ports).size).toBe(5)
  expect(ports.every((port) => port > 1023)).toBe(true)
})
