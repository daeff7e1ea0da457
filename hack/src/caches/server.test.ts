import { describe, expect, test } from '@jest/globals'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isAlive, waitUntil } from '../run.ts'
import { pinned, startServer } from './server.ts'
import type { Command, Place } from './server.ts'

/** Listens on the port, and leaves a child behind if nobody kills it. */
const LISTENER = `console.log(require('node:child_process').spawn('sleep', ['60']).pid)
require('node:net').createServer((socket) => socket.end()).listen(Number(process.argv[1]), '127.0.0.1')`

const listener = ({ port }: Place): Command => ({
  command: process.execPath,
  args: ['-e', LISTENER, String(port)]
})

describe('a server of somebody else', () => {
  test('listens in a folder of its own, which goes with it', async () => {
    const server = await startServer({ name: 'test', prepare: listener })
    expect(server.url).toBe(`http://127.0.0.1:${server.port}`)
    const child = Number(readFileSync(join(server.folder, 'output.log'), 'utf8'))
    expect(isAlive(child)).toBe(true)
    await server.stop()
    expect(existsSync(server.folder)).toBe(false)
    await waitUntil(() => !isAlive(child), { what: 'its child is gone, too' })
  })

  test('that ends at once is told with its last words, and leaves nothing', async () => {
    let folder = ''
    const prepare = (place: Place): Command => {
      folder = place.folder
      return { command: 'sh', args: ['-c', 'echo "unknown directive" >&2; exit 1'] }
    }
    await expect(startServer({ name: 'broken', prepare })).rejects.toThrow(
      /broken answers on port \d+: it ended\nunknown directive/
    )
    expect(existsSync(folder)).toBe(false)
  })

  test('that cannot be started leaves nothing either', async () => {
    let folder = ''
    const prepare = (place: Place): Command => {
      folder = place.folder
      return { command: 'no-such-server', args: [] }
    }
    await expect(startServer({ name: 'absent', prepare })).rejects.toThrow('cannot start no-such-server')
    expect(existsSync(folder)).toBe(false)
  })

  test('is held on one processor when that is asked for', () => {
    const plain = { command: 'nginx', args: ['-c', 'conf'] }
    expect(pinned(undefined, plain)).toEqual(plain)
    expect(pinned(1, plain)).toEqual({ command: 'taskset', args: ['--cpu-list', '1', 'nginx', '-c', 'conf'] })
  })
})
