import { spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { REPOSITORY } from '../paths.ts'
import { waitUntil } from '../run.ts'

/** The first time, the seed's 200,000 orders are made. */
const PATIENCE_MS = 240_000

/** `make up` without its load, in a folder for temporary files of its own. */
function startUp(temporary: string) {
  const env: NodeJS.ProcessEnv = { ...process.env, TMPDIR: temporary }
  delete env.DATABASE_URL
  const args = [join(REPOSITORY, 'hack/demo.ts'), '--stay', '--duration', '0']
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const printed = new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString()
      if (output.includes('Try: curl')) resolve()
    })
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
    void exited.then(() => reject(new Error(output)))
  })
  return { child, exited, printed, output: () => output }
}

describe('make up', () => {
  it(
    'prints addresses that work, and leaves neither a process nor a file after Ctrl-C',
    async () => {
      const temporary = mkdtempSync(join(tmpdir(), 'alexandrite-up-'))
      // Also PostgreSQL's user, when it is not ours, keeps files in it.
      chmodSync(temporary, 0o755)
      const up = startUp(temporary)
      try {
        await up.printed
        const [mes = ''] = /http:\/\/127\.0\.0\.1:\d+(?=\/api\/orders)/.exec(up.output()) ?? []
        const page = `${mes}/api/orders?status=MANUFACTURING_APPROVED`
        const first = await fetch(page)
        expect([first.status, first.headers.get('cache-status')]).toEqual([
          200,
          expect.stringContaining('fwd=')
        ])
        // A tier drops what it stored before it heard of events, which may be a moment later.
        const hit = async () => {
          const later = await fetch(page)
          return later.headers.get('cache-status')?.includes('hit') === true && (await later.text())
        }
        expect(await waitUntil(hit, { what: 'a look at the same page is a hit' })).toBe(await first.text())

        up.child.kill('SIGINT')
        expect(await up.exited).toBe(0)
        await expect(fetch(page)).rejects.toThrow()
        // Where nobody may read root's cache, root keeps PostgreSQL's files here.
        expect(readdirSync(temporary).filter((entry) => entry !== 'alexandrite-0')).toEqual([])
      } finally {
        up.child.kill('SIGTERM')
        await up.exited
        rmSync(temporary, { recursive: true, force: true })
      }
    },
    PATIENCE_MS
  )
})
