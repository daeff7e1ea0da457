import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { Folder, run } from '../../test/harness.ts'

const folder = new Folder()
let file: string

const TIER = `apiVersion: alexandrite.dev/v1alpha1
kind: CacheTier
metadata: {name: mes-api, namespace: mes}
spec:
  workload: {kind: Deployment, name: mes-api, port: http}
  policy:
    rules:
      - name: order-list
        match: {path: /api/orders}
        key: {query: {include: [status]}}
        ttl: 15s
        staleWhileRevalidate: 10s
        tags: [orders, "orders:status:{query.status}"]
        bypass: {headers: [{name: X-Debug}]}
  invalidation:
    onWrite:
      - match: {methods: [POST], path: /api/orders/:id/take}
        tags: [orders, "order:{path.id}"]
`

beforeAll(() => {
  file = folder.write('mes.yaml', TIER)
})
afterAll(() => {
  folder.remove()
})

describe('explain', () => {
  it('tells rule, key, tags and freshness of a request', async () => {
    const { status, stdout } = await run(['explain', '/api/orders?utm=1&status=SHIPPED', '-f', file])
    expect(status).toBe(0)
    expect(stdout).toMatch(/^request +GET \/api\/orders\?utm=1&status=SHIPPED$/m)
    expect(stdout).toMatch(/^rule +order-list$/m)
    expect(stdout).toMatch(/^purge key +\/api\/orders\?status=SHIPPED$/m)
    expect(stdout).toMatch(/^tags +orders, orders:status:SHIPPED$/m)
    expect(stdout).toMatch(/^freshness +what the origin says, else 15s, stale-while-revalidate 10s$/m)
    expect(stdout).toMatch(/^why +rule order-list is the first that matches$/m)
  })

  it('tells why a request goes to the origin, with exit code 1', async () => {
    const { status, stdout } = await run([
      'explain',
      'http://mes-api/api/orders',
      '-f',
      file,
      '-H',
      'X-Debug: 1'
    ])
    expect(status).toBe(1)
    expect(stdout).toMatch(/^cached +no, it goes to the origin$/m)
    expect(stdout).toContain('bypass header')
  })

  it('tells what a write would make stale', async () => {
    const { status, stdout } = await run(['explain', '/api/orders/7/take', '-X', 'post', '-f', file])
    expect(status).toBe(0)
    expect(stdout).toMatch(/^purges tags +orders, order:7$/m)
  })

  it('explains plain HTTP caching without a file, in JSON too', async () => {
    const { status, stdout } = await run(['explain', 'http://shop/catalogue', '--json'])
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ purgeKey: '/catalogue', freshness: { source: 'Origin' } })
  })

  it.each([
    ['what is no URL', ['orders'], '"orders" is neither a URL nor a path'],
    ['what is no header', ['/orders', '-H', 'nonsense'], '"nonsense" is not a header; write for example']
  ])('answers %s with exit code 2', async (_, args, sentence) => {
    const { status, stderr } = await run(['explain', ...args])
    expect(status).toBe(2)
    expect(stderr).toContain(sentence)
  })
})
