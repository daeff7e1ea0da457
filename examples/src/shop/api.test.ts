import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { quiet, seededDatabase } from '../../test/database.ts'
import type { SeededDatabase } from '../../test/database.ts'
import { customerToken } from '../data/seed-sql.ts'
import type { Service } from '../service.ts'
import { createShopApi } from './api.ts'
import type { ShopOrder } from './orders.ts'

describe('the Shop API', () => {
  let database: SeededDatabase
  let api: Service

  beforeAll(async () => {
    database = await seededDatabase()
    api = createShopApi(quiet(database.url))
  })
  afterAll(async () => {
    await api.app.close()
    await database.stop()
  })

  async function call<T>(
    method: 'GET' | 'POST',
    url: string,
    options: { as?: number; payload?: object } = {}
  ) {
    const headers = options.as === undefined ? {} : { authorization: `Bearer ${customerToken(options.as)}` }
    const payload = options.payload === undefined ? {} : { payload: options.payload }
    const response = await api.app.inject({ method, url, headers, ...payload })
    return { status: response.statusCode, body: response.json<T>() }
  }
  const own = async (as: number) =>
    (await call<{ orders: ShopOrder[] }>('GET', '/api/orders', { as })).body.orders

  it('lists the catalogue page by page without a repetition', async () => {
    const ids: number[] = []
    for (let page = 1; page <= 25; page++) {
      const { body } = await call<{ items: { id: number }[] }>('GET', `/api/catalogue?page=${page}`)
      ids.push(...body.items.map((item) => item.id))
    }
    expect(ids).toHaveLength(600)
    expect(new Set(ids).size).toBe(600)
  })

  it('lists one category only', async () => {
    const { body } = await call<{ items: { category: string }[] }>('GET', '/api/catalogue?category=Brooch')
    expect(new Set(body.items.map((item) => item.category))).toEqual(new Set(['Brooch']))
  })

  it('shows an item, and tells of one that does not exist', async () => {
    expect(await call('GET', '/api/catalogue/5')).toMatchObject({ status: 200, body: { id: 5 } })
    expect(await call('GET', '/api/catalogue/601')).toMatchObject({
      status: 404,
      body: { error: 'item_not_found' }
    })
  })

  it.each([undefined, 5001])('shows orders to nobody without a session (customer %s)', async (as) => {
    const answer = await call('GET', '/api/orders', as === undefined ? {} : { as })
    expect(answer).toMatchObject({
      status: 401,
      body: { error: 'not_authenticated', field: 'headers.authorization' }
    })
  })

  it('makes an order, notes its file and shows both to the customer alone', async () => {
    const made = await call<ShopOrder>('POST', '/api/orders', {
      as: 1,
      payload: { materialId: 2, quantity: 1 }
    })
    expect(made).toMatchObject({ status: 201, body: { status: 'INITIATED', files: 0 } })
    const { id } = made.body
    const file = { name: 'ring.stl', sizeBytes: 1000, contentType: 'model/stl' }
    expect(await call('POST', `/api/orders/${id}/files`, { as: 2, payload: file })).toMatchObject({
      status: 404
    })
    expect(await call('POST', `/api/orders/${id}/files`, { as: 1, payload: file })).toMatchObject({
      status: 201
    })
    expect((await own(1))[0]).toMatchObject({ id, status: 'FILE_UPLOADED', files: 1 })
    expect((await own(2)).map((order) => order.id)).not.toContain(id)
    expect(await call('GET', `/api/orders/${id}`, { as: 2 })).toMatchObject({
      status: 404,
      body: { error: 'order_not_found' }
    })
  })

  it('refuses a file for an order that was submitted', async () => {
    const { app } = api
    const customers = Array.from({ length: 200 }, (_, i) => i + 1)
    const orders = await Promise.all(
      customers.map(async (as) => ({ as, order: (await own(as)).find((o) => o.status === 'CLOSED') }))
    )
    const closed = orders.find((entry) => entry.order !== undefined)
    const payload = { name: 'ring.stl', sizeBytes: 1000, contentType: 'model/stl' }
    const headers = { authorization: `Bearer ${customerToken(closed?.as ?? 0)}` }
    const answer = await app.inject({
      method: 'POST',
      url: `/api/orders/${closed?.order?.id}/files`,
      headers,
      payload
    })
    expect(answer.json()).toMatchObject({ error: 'wrong_transition' })
  })

  it('refuses an order for something that does not exist', async () => {
    const answer = await call('POST', '/api/orders', {
      as: 1,
      payload: { itemId: 4711, materialId: 1, quantity: 1 }
    })
    expect(answer).toMatchObject({ status: 422, body: { error: 'unknown_reference' } })
  })
})
