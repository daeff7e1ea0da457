import { describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { tools } from '../../test/parts.ts'
import { errorFields } from './log.ts'

describe('what a line of the log says of an error', () => {
  test('is its message and where it happened', () => {
    const fields = errorFields(new Error('the broker is away'))
    expect(fields).toMatchObject({ reason: 'the broker is away' })
    expect(fields.stack).toMatch(/^at .+log\.test/)
  })

  test('is the code alone where the database speaks: its sentences repeat values of rows', () => {
    const error = new pg.DatabaseError('Key (email)=(ada@example.org) already exists.', 1, 'error')
    Object.assign(error, { code: '23505', severity: 'ERROR', detail: 'ada@example.org' })
    const fields = errorFields(error)
    expect(fields).toMatchObject({ code: '23505', reason: 'error of the database' })
    expect(JSON.stringify(fields)).not.toContain('ada')
  })

  test('is without the credentials of addresses', () => {
    expect(errorFields(new Error('no answer of amqp://guest:sesame@broker:5672/')).reason).toBe(
      'no answer of amqp://broker:5672/'
    )
  })

  test('of a host with several addresses is what each of them said', () => {
    const error = new AggregateError([new Error('ECONNREFUSED ::1'), new Error('ECONNREFUSED 127.0.0.1')], '')
    expect(errorFields(error).reason).toBe('ECONNREFUSED ::1; ECONNREFUSED 127.0.0.1')
  })

  test('of what is no error is said as well', () => {
    expect(errorFields('oh')).toEqual({ reason: 'something that is no Error was thrown' })
  })

  test('a line within a span leads to its order', async () => {
    const { log, lines, tracing } = tools()
    await tracing.span('work', { orderId: 17 }, () => {
      log.info('done')
      return Promise.resolve()
    })
    log.info('later')
    expect(lines).toMatchObject([{ service: 'test', order_id: '17', msg: 'done' }, { msg: 'later' }])
    expect(lines[1]).not.toHaveProperty('order_id')
  })
})
