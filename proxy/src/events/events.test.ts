import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { EventTagTemplate, TagTemplate } from '@alexandrite/api'
import { parseEventTag, parseTag, renderEventTag, renderTag } from '@alexandrite/api/tags'
import fc from 'fast-check'
import { tagMark } from '../engine/tags.ts'
import { policy, rule } from '../../test/tier.ts'
import { parseBrokerUrl, sentenceOf } from './broker-url.ts'
import { tagsOfEvent } from './message.ts'
import { canMeet, touchedByEvents } from './touched.ts'

describe('the tags of an event', () => {
  const tags = (templates: string[], body: unknown, routingKey = 'order.7.status'): string[] =>
    tagsOfEvent(templates.map(parseEventTag), {
      routingKey,
      content: Buffer.isBuffer(body)
        ? body
        : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
    })

  test.each<[string, string[], unknown, string[]]>([
    ['text alone needs nothing of the message', ['orders'], 'no JSON', ['orders']],
    ['a property', ['order:{body.orderId}'], { orderId: 'A-7' }, ['order:A-7']],
    ['a property further down', ['c:{body.order.customer.id}'], { order: { customer: { id: 9 } } }, ['c:9']],
    ['an element of a list', ['order:{body.lines.1.id}'], { lines: [{ id: 1 }, { id: 2 }] }, ['order:2']],
    ['a boolean', ['paid:{body.paid}'], { paid: false }, ['paid:false']],
    ['zero', ['order:{body.id}'], { id: 0 }, ['order:0']],
    [
      'a number of 64 bits keeps its digits',
      ['order:{body.id}'],
      '{"id": 9007199254740993}',
      ['order:9007199254740993']
    ],
    ['words of the routing key', ['{key.0}:{key.1}'], 'no JSON', ['order:7']],
    ['equal tags once', ['a:{body.x}', 'a:{body.y}'], { x: 1, y: 1 }, ['a:1']],
    ['the others, when one lacks its property', ['orders', 'order:{body.id}'], {}, ['orders']],
    ['none for a missing property', ['order:{body.id}'], { orderId: 7 }, []],
    ['none for an empty string', ['order:{body.id}'], { id: '' }, []],
    [
      'none for null, an object or a list',
      ['{body.a}', '{body.b}', '{body.c}'],
      { a: null, b: {}, c: [1] },
      []
    ],
    ['none for what every object inherits', ['{body.constructor.name}', '{body.__proto__}'], {}, []],
    ['none for a word that the key does not have', ['{key.3}', '{key.x}', '{key.-1}'], {}, []],
    ['none for a body that is no object', ['{body.length}'], '"text"', []],
    ['none for half a document', ['{body.id}'], '{"id": 7', []],
    ['none for an empty body', ['{body.id}'], '', []],
    ['none for bytes that are no text', ['{body.id}'], Buffer.from([0xff, 0xfe, 0, 1]), []],
    ['none for lists in lists without end', ['{body.0}'], '['.repeat(200_000), []],
    ['none for a body beyond 256 KiB', ['{body.id}'], { id: 7, rest: 'x'.repeat(256 * 1024) }, []]
  ])('%s', (_, templates, body, expected) => {
    expect(tags(templates, body)).toEqual(expected)
  })

  test('nothing that anyone publishes makes it throw', () => {
    const templates = ['{body.a.b}', '{key.0}', 'x'].map(parseEventTag)
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), fc.string(), (text, routingKey) => {
        expect(tagsOfEvent(templates, { routingKey, content: Buffer.from(text) })).toContain('x')
      })
    )
  })
})

describe('what events can touch', () => {
  test.each<[string, string, boolean]>([
    ['orders', 'orders', true],
    ['orders', 'order', false],
    ['orders:status:{query.status}', 'orders', false],
    ['orders:status:{query.status}', 'orders:status:NEW', true],
    ['order:{path.id}', 'order:{body.orderId}', true],
    ['order:{path.id}', 'customer:{body.id}', false],
    ['{path.kind}', 'order:{body.id}', true],
    ['customers', '{key.0}s', true]
  ])('a rule with the tag %s and an event with the tag %s: %s', (tag, event, expected) => {
    expect(canMeet(parseTag(tag), parseEventTag(event))).toBe(expected)
  })

  const value = fc.oneof(fc.constantFrom('a', 'ab', 'b'), fc.string({ minLength: 1, maxLength: 300 }))
  const text = fc.record({ text: fc.oneof(value, fc.constant('a'.repeat(255))) })
  const template = <From extends string>(...from: From[]) =>
    fc.array(fc.oneof(text, fc.record({ from: fc.constantFrom(...from), name: fc.constantFrom('x', 'y') })), {
      minLength: 1,
      maxLength: 3
    })

  test('is never too little: templates that make the same mark can meet', () => {
    fc.assert(
      fc.property(
        template('path', 'query', 'header'),
        template('body', 'key'),
        fc.dictionary(fc.constantFrom('x', 'y'), value),
        fc.dictionary(fc.constantFrom('x', 'y'), value),
        (tag: TagTemplate, event: EventTagTemplate, request, message) => {
          const stored = renderTag(tag, (_, name) => request[name])
          const purged = renderEventTag(event, (_, name) => message[name])
          fc.pre(stored !== undefined && purged !== undefined && tagMark(stored) === tagMark(purged))
          expect(canMeet(tag, event)).toBe(true)
        }
      ),
      { numRuns: 300, maxSkipsPerRun: 1000 }
    )
  })

  test('is the rules one of whose tags an event can make', () => {
    const rules = [
      rule({ name: 'list', path: '/orders', tags: ['orders'] }),
      rule({ name: 'card', path: '/orders/:id', tags: ['cards', 'order:{path.id}'] }),
      rule({ name: 'prices', path: '/prices', tags: ['prices'] }),
      rule({ name: 'untagged', path: '/*' })
    ]
    const amqp = { exchange: 'x', bindings: ['#'], tags: ['orders', 'order:{body.id}'].map(parseEventTag) }
    expect(touchedByEvents({ ...policy(rules), amqp })).toEqual(['r:list', 'r:card'])
    expect(touchedByEvents(policy(rules))).toEqual([])
  })
})

describe("the broker's URL", () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'alexandrite-test-'))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  test('gets a heartbeat that notices a broker that hangs, unless it says another', () => {
    expect(parseBrokerUrl('amqp://u:p@broker/v').url).toBe('amqp://u:p@broker/v?heartbeat=5')
    expect(parseBrokerUrl('amqp://u:p@broker/v?heartbeat=20').url).toBe('amqp://u:p@broker/v?heartbeat=20')
  })

  test('is shown without its credentials and parameters', () => {
    expect(parseBrokerUrl('amqps://user:secret@broker:5671/mes?cacertfile=/dev/null').label).toBe(
      'amqps://broker:5671/mes'
    )
  })

  test('names files of TLS, which are read at each connection', () => {
    const file = join(folder, 'ca.pem')
    const url = `amqps://u:p@broker/v?cacertfile=${file}&heartbeat=9`
    expect(() => parseBrokerUrl(url)).toThrow(`the cacertfile ${file}, which cannot be read (ENOENT)`)
    writeFileSync(file, 'PEM')
    expect(parseBrokerUrl(url)).toMatchObject({
      url: 'amqps://u:p@broker/v?heartbeat=9',
      socket: { ca: 'PEM' }
    })
  })

  test.each(['', 'broker:5672', 'http://user:secret@broker', 'amqp://', 'amqp://user:secret@'])(
    'that is none is refused without being repeated: %s',
    (url) => {
      expect(() => parseBrokerUrl(url)).toThrow(
        /^the broker's URL must be amqp:\/\/HOST:PORT\/VHOST(?!.*secret)/
      )
    }
  )

  test.each<[string, unknown, string]>([
    ['quoted in a URL', new Error('cannot reach amqp://user:s%2Fcret@broker'), 'cannot reach amqp://broker'],
    ['quoted alone', new Error('s/cret is wrong'), '… is wrong'],
    ['quoted as it stands in the URL', 's%2Fcret', '…'],
    ['in one of several causes', new AggregateError([new Error('a s/cret'), new Error('b')], ''), 'a …; b']
  ])('is never told in an error: %s', (_, error, sentence) => {
    expect(sentenceOf(error, 'amqp://user:s%2Fcret@broker')).toBe(sentence)
  })
})
