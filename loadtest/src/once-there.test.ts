import { describe, expect, it } from '@jest/globals'
import { onceThere } from './once-there.ts'
import { RefusedRun } from './refusal.ts'

const { signal } = new AbortController()

/** Refuses so many looks, each with the next of the reasons, and finds something then. */
function comingUp(...reasons: readonly string[]) {
  const left = [...reasons]
  const looked = { times: 0 }
  const look = () => {
    looked.times += 1
    const reason = left.shift()
    return reason === undefined ? Promise.resolve('found') : Promise.reject(new RefusedRun(reason))
  }
  return { look, looked }
}

describe('a target that is not there yet', () => {
  it('is refused at once when nobody asked to wait', async () => {
    const { look, looked } = comingUp('no pod')
    await expect(onceThere({ signal }, look)).rejects.toThrow('no pod')
    expect(looked.times).toBe(1)
  })

  it('is looked at again until it is there, and each reason is told once', async () => {
    const said: string[] = []
    const { look } = comingUp('no pod', 'no pod', 'no orders')
    const found = await onceThere({ waitSeconds: 60, signal, say: (line) => said.push(line) }, look)
    expect(found).toBe('found')
    expect(said).toEqual(['waiting: no pod', 'waiting: no orders'])
  }, 30_000)

  it('is refused with the newest reason once the time is over', async () => {
    const { look } = comingUp('no pod', ...Array.from({ length: 50 }, () => 'no orders'))
    await expect(onceThere({ waitSeconds: 1, signal }, look)).rejects.toThrow('no orders')
  }, 30_000)

  it('is not waited for after an interrupt, or when something else is wrong', async () => {
    const interrupted = new AbortController()
    const { look } = comingUp('no pod', 'no pod')
    const say = () => interrupted.abort(new Error('Ctrl-C'))
    await expect(onceThere({ waitSeconds: 60, signal: interrupted.signal, say }, look)).rejects.toThrow(
      'Ctrl-C'
    )
    const broken = () => Promise.reject(new RangeError('a mistake of ours'))
    await expect(onceThere({ waitSeconds: 60, signal }, broken)).rejects.toThrow('a mistake of ours')
  }, 30_000)
})
