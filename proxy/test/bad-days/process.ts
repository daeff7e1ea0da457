import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SIDECAR } from '@alexandrite/hack/image'

/** With the flags of the image: what memory is taken is measured. */
const SOURCE: Program = { flags: SIDECAR.flags, file: join(import.meta.dirname, '../../src/main.ts') }

/** What Node runs. */
export interface Program {
  readonly flags: readonly string[]
  readonly file: string
}

export interface ProxyProcess {
  readonly listen: { readonly host: string; readonly port: number }
  readonly admin: { readonly host: string; readonly port: number }
  readonly child: ChildProcess
  /** Resident bytes at this moment. */
  rss(): Promise<number>
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>
}

interface Listening {
  readonly listen: string
  readonly admin: string
}

const address = (text: string) => ({ host: '127.0.0.1', port: Number(text.split(':')[1]) })

/** The proxy as a process of its own, on free ports; resolves when it listens. */
export const startProcess = async (
  origin: string,
  variables: Readonly<Record<string, string>> = {},
  program: Program = SOURCE
): Promise<ProxyProcess> => {
  const env = {
    ALEXANDRITE_ORIGIN: origin,
    ALEXANDRITE_LISTEN: '127.0.0.1:0',
    ALEXANDRITE_ADMIN: '127.0.0.1:0',
    MALLOC_ARENA_MAX: '1',
    ...variables
  }
  const child = spawn(process.execPath, [...program.flags, program.file], {
    env,
    stdio: ['ignore', 'pipe', 'inherit']
  })
  const ended = once(child, 'close') as Promise<[number | null]>
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  child.stdout.resume()
  const { listen, admin } = JSON.parse(line.toString().split('\n')[0] ?? '') as Listening
  return {
    listen: address(listen),
    admin: address(admin),
    child,
    rss: async () => {
      const status = await readFile(`/proc/${child.pid}/status`, 'utf8')
      return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024
    },
    stop: async () => {
      child.kill('SIGTERM')
      const [code] = await ended
      return code
    }
  }
}
