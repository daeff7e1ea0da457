import { afterEach, expect, test } from '@jest/globals'
import { HealthServer } from './health-server.ts'
import { newMetrics } from './testing/wire.ts'
import { silentLog } from './types.ts'

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const setUp = async () => {
  const server = new HealthServer({ host: '127.0.0.1', port: 0, metrics: newMetrics(), log: silentLog })
  const { port } = await server.start()
  closers.push(() => server.close())
  const get = async (path: string): Promise<string> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { connection: 'close' } })
    return `${response.status} ${await response.text()}`
  }
  return { server, get }
}

test('a process without checks is well', async () => {
  const { get } = await setUp()
  expect(await get('/healthz')).toBe('200 [+]ping ok\nhealthz check passed\n')
  expect(await get('/readyz')).toBe('200 readyz check passed\n')
})

test('each check is reported by name, with its reason', async () => {
  const { server, get } = await setUp()
  server.addReadyCheck('informers', () => true)
  server.addReadyCheck('webhook', () => false)
  server.addReadyCheck('lease', () => Promise.reject(new Error('no answer from the API server')))
  expect(await get('/readyz?verbose')).toBe(
    '503 [+]informers ok\n[-]webhook failed: not yet\n[-]lease failed: no answer from the API server\nreadyz check failed\n'
  )
  expect(await get('/readyz/informers')).toMatch(/^200 /)
  expect(await get('/readyz/nothing')).toBe('404 no check "nothing"\n')
  expect(await get('/healthz')).toMatch(/^200 /)
})

test('a check that hangs has failed', async () => {
  const { server, get } = await setUp()
  server.addHealthCheck('stuck', () => new Promise<never>(() => undefined))
  expect(await get('/healthz')).toContain('[-]stuck failed: no answer within 2000 ms')
})

test('metrics are Prometheus text', async () => {
  const { get } = await setUp()
  expect(await get('/metrics')).toContain('# TYPE controller_runtime_reconcile_total counter')
  expect(await get('/')).toMatch(/^404 /)
})

test('a taken port is an error that says so', async () => {
  const { server } = await setUp()
  await expect(server.start()).rejects.toThrow()
})
