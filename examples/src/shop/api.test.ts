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
    api = createShopApi({ ...quiet(database.url), serviceToken: 'of-the-crm' })
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

  describe('for other services', () => {
    const set = async (order: number, status: string, authorization?: string) => {
      const response = await api.app.inject({
        method: 'PUT',
        url: `/api/service/orders/${order}/status`,
        headers: authorization === undefined ? {} : { authorization },
        payload: { status }
      })
      return { status: response.statusCode, body: response.json<Record<string, unknown>>() }
    }
    const made = async (): Promise<number> =>
      (await call<ShopOrder>('POST', '/api/orders', { as: 3, payload: { materialId: 1, quantity: 2 } })).body
        .id

    it.each([undefined, 'Bearer of-somebody', 'Bearer session-00003', 'Basic of-the-crm'])(
      'sets no state with the authorization %s',
      async (authorization) => {
        expect(await set(await made(), 'CLOSED', authorization)).toMatchObject({
          status: 401,
          body: { error: 'not_authenticated', field: 'headers.authorization' }
        })
      }
    )

    it('sets a state, and again without harm, and never goes back', async () => {
      const id = await made()
      const approved = {
        status: 200,
        body: { id, customerId: 3, status: 'MANUFACTURING_APPROVED', quantity: 2 }
      }
      expect(await set(id, 'MANUFACTURING_APPROVED', 'Bearer of-the-crm')).toMatchObject(approved)
      expect(await set(id, 'MANUFACTURING_APPROVED', 'Bearer of-the-crm')).toMatchObject(approved)
      expect(await set(id, 'CLOSED', 'Bearer of-the-crm')).toMatchObject({ status: 200 })
      expect(await set(id, 'MANUFACTURING_APPROVED', 'Bearer of-the-crm')).toMatchObject({
        status: 409,
        body: { message: `Order ${id} is in CLOSED, which comes after MANUFACTURING_APPROVED.` }
      })
      expect((await own(3))[0]).toMatchObject({ id, status: 'CLOSED' })
    })

    it('sets only states that are theirs, of orders that exist', async () => {
      expect(await set(await made(), 'SHIPPED', 'Bearer of-the-crm')).toMatchObject({
        status: 400,
        body: { field: 'body.status' }
      })
      expect(await set(99_999_999, 'CLOSED', 'Bearer of-the-crm')).toMatchObject({ status: 404 })
    })
  })
})
