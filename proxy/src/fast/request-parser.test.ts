import { describe, expect, test } from '@jest/globals'
import { parsePlainFields, parsePlainRequest } from './request-parser.ts'

const parse = (...lines: string[]) => parsePlainRequest(lines.join('\r\n'), parsePlainFields)

describe('a plain request', () => {
  test('keeps its fields as they stood, without the spaces around values', () => {
    expect(parse('GET /a?b=1 HTTP/1.1', 'hOST: a:80', 'X-Pad: \t b c \t', 'X-Empty:', 'X-Obs: \xa0')).toEqual(
      {
        head: {
          method: 'GET',
          target: '/a?b=1',
          headers: ['hOST', 'a:80', 'X-Pad', 'b c', 'X-Empty', '', 'X-Obs', '\xa0'],
          hasBody: false
        },
        fields: {
          headers: ['hOST', 'a:80', 'X-Pad', 'b c', 'X-Empty', '', 'X-Obs', '\xa0'],
          framing: { kind: 'None' },
          close: false
        }
      }
    )
  })

  test.each([
    ['no length', [], { kind: 'None' }],
    ['Content-Length: 0', ['Content-Length: 0'], { kind: 'None' }],
    ['Content-Length', ['Content-Length: 12'], { kind: 'Length', length: 12 }],
    ['chunked', ['Transfer-Encoding: Chunked'], { kind: 'Chunked' }]
  ])('is framed by %s', (_name, fields, framing) => {
    expect(parse('POST / HTTP/1.1', 'Host: a', ...fields)?.fields.framing).toEqual(framing)
  })

  test.each([
    [[], false],
    [['Connection: keep-alive'], false],
    [['Connection: Close'], true]
  ])('with %j ends the connection: %s', (fields, close) => {
    expect(parse('GET / HTTP/1.1', 'Host: a', ...fields)?.fields.close).toBe(close)
  })
})

describe('not plain, so left to Node’s HTTP server', () => {
  test.each([
    ['HTTP/1.0', ['GET / HTTP/1.0', 'Host: a']],
    ['another version', ['GET / HTTP/1.2', 'Host: a']],
    ['absolute-form', ['GET http://a/ HTTP/1.1', 'Host: a']],
    ['asterisk-form', ['OPTIONS * HTTP/1.1', 'Host: a']],
    ['CONNECT', ['CONNECT /a HTTP/1.1', 'Host: a']],
    ['a fragment', ['GET /a#b HTTP/1.1', 'Host: a']],
    ['a space in the target', ['GET /a b HTTP/1.1', 'Host: a']],
    ['bytes beyond ASCII in the target', ['GET /\xe4 HTTP/1.1', 'Host: a']],
    ['an empty line before it', ['', 'GET / HTTP/1.1', 'Host: a']],
    ['no Host', ['GET / HTTP/1.1']],
    ['an empty Host', ['GET / HTTP/1.1', 'Host:']],
    ['two Hosts', ['GET / HTTP/1.1', 'Host: a', 'Host: a']],
    ['a Host that is none', ['GET / HTTP/1.1', 'Host: a/b']],
    ['a space before the colon', ['GET / HTTP/1.1', 'Host: a', 'X : b']],
    ['obs-fold', ['GET / HTTP/1.1', 'Host: a', 'X: b', ' c']],
    ['a field without a colon', ['GET / HTTP/1.1', 'Host: a', 'X']],
    ['NUL in a value', ['GET / HTTP/1.1', 'Host: a', 'X: \x00']],
    ['a bare CR', ['GET / HTTP/1.1', 'Host: a', 'X: a\rb']],
    ['a bare LF', ['GET / HTTP/1.1', 'Host: a', 'X: a\nY: b']],
    [
      'a length and a coding',
      ['GET / HTTP/1.1', 'Host: a', 'Content-Length: 1', 'Transfer-Encoding: chunked']
    ],
    ['two lengths', ['GET / HTTP/1.1', 'Host: a', 'Content-Length: 1', 'Content-Length: 1']],
    ['a list of lengths', ['GET / HTTP/1.1', 'Host: a', 'Content-Length: 1, 1']],
    ['a signed length', ['GET / HTTP/1.1', 'Host: a', 'Content-Length: +1']],
    ['another coding', ['GET / HTTP/1.1', 'Host: a', 'Transfer-Encoding: gzip, chunked']],
    ['an upgrade', ['GET / HTTP/1.1', 'Host: a', 'Connection: upgrade', 'Upgrade: websocket']],
    ['an upgrade without Connection', ['GET / HTTP/1.1', 'Host: a', 'Upgrade: websocket']],
    ['further hop-by-hop fields', ['GET / HTTP/1.1', 'Host: a', 'Connection: close, X-Hop']],
    ['an expectation', ['POST / HTTP/1.1', 'Host: a', 'Expect: 100-continue', 'Content-Length: 1']]
  ])('%s', (_name, lines) => {
    expect(parse(...lines)).toBeUndefined()
  })
})
