/** A headless browser for tests, driven by the DevTools protocol over its WebSocket. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { resolveTool } from './tools.ts'

export interface BrowserPage {
  /** The value of an expression in the page; it must be JSON. */
  evaluate(expression: string): Promise<unknown>
  /** Presses and releases a key, such as Tab or Enter. */
  press(key: 'Tab' | 'Enter'): Promise<void>
  colorScheme(scheme: 'light' | 'dark'): Promise<void>
  size(width: number, height: number): Promise<void>
  /** A PNG of what is seen. */
  screenshot(): Promise<Buffer>
}

export interface RunningBrowser {
  open(url: string): Promise<BrowserPage>
  close(): Promise<void>
}

interface Message {
  readonly id?: number
  readonly result?: Record<string, unknown>
  readonly error?: { readonly message: string }
}

const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--remote-debugging-port=0']
const KEYS = {
  Tab: { key: 'Tab', code: 'Tab', windowsVirtualKeyCode: 9 },
  Enter: { key: 'Enter', code: 'Enter', windowsVirtualKeyCode: 13, text: '\r' }
}

/** The address that the browser says it listens on. */
const announced = async (stderr: Readable): Promise<URL> => {
  const said: string[] = []
  for await (const line of createInterface({ input: stderr })) {
    said.push(line)
    const url = /^DevTools listening on (ws:\S+)/.exec(line)?.[1]
    if (url !== undefined) return new URL(url)
  }
  throw new Error(`the browser ended: ${said.join('\n')}`)
}

type Command = (method: string, params?: object) => Promise<Record<string, unknown>>

/** Commands of one page, answered in any order. */
const connect = async (url: string): Promise<Command> => {
  const socket = new WebSocket(url)
  await once(socket, 'open')
  const waiting = new Map<number, (message: Message) => void>()
  socket.addEventListener('message', ({ data }) => {
    const message = JSON.parse(String(data)) as Message
    if (message.id === undefined) return
    waiting.get(message.id)?.(message)
    waiting.delete(message.id)
  })
  let last = 0
  return (method, params = {}) =>
    new Promise((resolve, reject) => {
      const id = (last += 1)
      waiting.set(id, ({ result, error }) =>
        error ? reject(new Error(`${method}: ${error.message}`)) : resolve(result ?? {})
      )
      socket.addEventListener('close', () =>
        reject(new Error(`${method}: the browser closed the connection`))
      )
      socket.send(JSON.stringify({ id, method, params }))
    })
}

const pageOf = (command: Command): BrowserPage => ({
  evaluate: async (expression) => {
    const { result, exceptionDetails } = await command('Runtime.evaluate', {
      expression,
      returnByValue: true
    })
    if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails))
    return typeof result === 'object' && result !== null && 'value' in result ? result.value : undefined
  },
  press: async (key) => {
    await command('Input.dispatchKeyEvent', { type: 'keyDown', ...KEYS[key] })
    await command('Input.dispatchKeyEvent', { type: 'keyUp', ...KEYS[key] })
  },
  colorScheme: async (value) => {
    await command('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value }] })
  },
  size: async (width, height) => {
    await command('Emulation.setDeviceMetricsOverride', {
      width,
      height,
      deviceScaleFactor: 1,
      mobile: false
    })
  },
  screenshot: async () => {
    const { data } = await command('Page.captureScreenshot', { format: 'png' })
    return Buffer.from(String(data), 'base64')
  }
})

/** Starts Chromium's headless shell with a profile of its own; it ends with this process. */
export async function startChromium(): Promise<RunningBrowser> {
  const executable = await resolveTool('chromium-headless-shell')
  const profile = await mkdtemp(join(tmpdir(), 'alexandrite-chromium-'))
  const args = [...FLAGS, `--user-data-dir=${profile}`, 'about:blank']
  const child = spawn(executable, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  const kill = (): void => void child.kill('SIGKILL')
  process.once('exit', kill)
  const exited = once(child, 'exit')
  const { host } = await announced(child.stderr)
  // Nobody reads on; a full pipe would hold the browser up.
  child.stderr.resume()
  return {
    open: async (url) => {
      const made = await fetch(`http://${host}/json/new?${url}`, { method: 'PUT' })
      const { webSocketDebuggerUrl } = (await made.json()) as { webSocketDebuggerUrl: string }
      return pageOf(await connect(webSocketDebuggerUrl))
    },
    close: async () => {
      process.removeListener('exit', kill)
      kill()
      await exited
      await rm(profile, { recursive: true, force: true, maxRetries: 5 })
    }
  }
}
