/** Requests that two readers may understand differently. */
export interface Hostile {
  readonly name: string
  /** Bytes of one request, or of what looks like one. */
  readonly bytes: string
  /**
   * Refused: the client gets a 4xx or 5xx of the tier, the connection ends, and the origin sees nothing.
   * Otherwise the bytes of body that the origin must have seen in the one request that it saw.
   */
  readonly outcome: 'Refused' | { readonly body: string }
}

const refused = (name: string, bytes: string): Hostile => ({ name, bytes, outcome: 'Refused' })
const normalised = (name: string, bytes: string, body = ''): Hostile => ({ name, bytes, outcome: { body } })

/** A request that hides in a body, or behind one. */
const EVIL = 'GET /evil HTTP/1.1\r\nHost: h\r\nX: '
const post = (fields: string, body: string): string => `POST /a HTTP/1.1\r\nHost: h\r\n${fields}\r\n${body}`
const chunked = (body: string): string => post('Transfer-Encoding: chunked\r\n', body)
const get = (fields: string): string => `GET /a HTTP/1.1\r\nHost: h\r\n${fields}\r\n`

const lengths: Hostile[] = [
  refused(
    'a length and chunks',
    post('Content-Length: 6\r\nTransfer-Encoding: chunked\r\n', `0\r\n\r\n${EVIL}`)
  ),
  refused(
    'chunks and a length',
    post('Transfer-Encoding: chunked\r\nContent-Length: 6\r\n', `0\r\n\r\n${EVIL}`)
  ),
  refused('two lengths', post('Content-Length: 0\r\nContent-Length: 30\r\n', EVIL)),
  refused('two lengths, the larger first', post('Content-Length: 30\r\nContent-Length: 0\r\n', EVIL)),
  refused('two equal lengths', post('Content-Length: 5\r\nContent-Length: 5\r\n', 'hello')),
  refused('a list of lengths', post('Content-Length: 0, 30\r\n', EVIL)),
  refused('a signed length', post('Content-Length: +5\r\n', 'hello')),
  refused('a negative length', post('Content-Length: -1\r\n', EVIL)),
  refused('a hexadecimal length', post('Content-Length: 0x5\r\n', 'hello')),
  refused('a length with a fraction', post('Content-Length: 5.0\r\n', 'hello')),
  refused('an empty length', post('Content-Length:\r\n', EVIL)),
  refused('a length of words', post('Content-Length: five\r\n', EVIL)),
  refused('a length with a space in it', post('Content-Length: 1 2\r\n', EVIL)),
  refused('a length beyond numbers', post('Content-Length: 99999999999999999999999\r\n', EVIL)),
  refused('a length that wraps round', post('Content-Length: 18446744073709551621\r\n', 'hello')),
  refused('a length with a vertical tab', post('Content-Length: \x0b5\r\n', 'hello')),
  normalised('a length with zeros', post('Content-Length: 0005\r\n', 'hello'), 'hello'),
  normalised(
    'a length that Connection names',
    post('Connection: Content-Length\r\nContent-Length: 5\r\n', 'hello'),
    'hello'
  ),
  normalised(
    'a length in another field',
    post('Content_Length: 30\r\nContent-Length: 5\r\n', 'hello'),
    'hello'
  )
]

const codings: Hostile[] = [
  'identity',
  'gzip',
  'chunked, identity',
  'chunked, gzip',
  'xchunked',
  'chunked;q=1',
  '"chunked"',
  '\x0bchunked',
  'chunked\x0b',
  'chun\tked',
  '',
  'cow'
].map((coding) =>
  refused(
    `Transfer-Encoding ${JSON.stringify(coding)}`,
    post(`Transfer-Encoding: ${coding}\r\n`, `0\r\n\r\n${EVIL}`)
  )
)

const moreCodings: Hostile[] = [
  refused(
    'a coding before the colon',
    post('Transfer-Encoding : chunked\r\nContent-Length: 5\r\n', `0\r\n\r\n${EVIL}`)
  ),
  refused(
    'a folded coding',
    post('Transfer-Encoding:\r\n chunked\r\nContent-Length: 5\r\n', `0\r\n\r\n${EVIL}`)
  ),
  refused(
    'a coding behind a fold',
    post('X: a\r\n Transfer-Encoding: chunked\r\nContent-Length: 5\r\n', 'hello')
  ),
  refused(
    'a coding behind bare CR',
    post('X: a\rTransfer-Encoding: chunked\r\nContent-Length: 5\r\n', 'hello')
  ),
  refused(
    'a coding behind bare LF',
    post('X: a\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n', 'hello')
  ),
  refused('a coding behind NUL', post('X: a\0Transfer-Encoding: chunked\r\nContent-Length: 5\r\n', 'hello')),
  refused(
    'two codings, one of them wrong',
    post('Transfer-Encoding: chunked\r\nTransfer-Encoding: cow\r\n', `0\r\n\r\n${EVIL}`)
  ),
  normalised(
    'chunks named in capitals',
    post('TRANSFER-ENCODING: CHUNKED\r\n', '5\r\nhello\r\n0\r\n\r\n'),
    'hello'
  ),
  normalised(
    'chunks that Connection names',
    post('Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n', '5\r\nhello\r\n0\r\n\r\n'),
    'hello'
  ),
  normalised('TE: chunked', get('TE: chunked\r\nConnection: TE\r\n'))
]

/** Within a body: the origin may see the beginning of the request, never a whole one. */
const chunks: Hostile[] = [
  refused('a size that is none', chunked(`x\r\n${EVIL}`)),
  refused('a signed size', chunked(`+5\r\nhello\r\n0\r\n\r\n`)),
  refused('a negative size', chunked(`-1\r\n${EVIL}`)),
  refused('0x', chunked(`0x5\r\nhello\r\n0\r\n\r\n`)),
  refused('an empty size', chunked(`\r\n${EVIL}`)),
  refused('a size that wraps round', chunked(`10000000000000005\r\nhello\r\n0\r\n\r\n`)),
  refused('a space before the size', chunked(` 5\r\nhello\r\n0\r\n\r\n`)),
  refused('bare LF behind a size', chunked(`5\nhello\r\n0\r\n\r\n`)),
  refused('bare CR behind a size', chunked(`5\rhello\r\n0\r\n\r\n`)),
  refused('bare LF behind the data', chunked(`5\r\nhello\n0\r\n\r\n`)),
  refused('nothing behind the data', chunked(`5\r\nhello0\r\n\r\n`)),
  refused('more data than the size', chunked(`5\r\nhello!\r\n0\r\n\r\n`)),
  refused('LF in an extension', chunked(`5;a=\nb\r\nhello\r\n0\r\n\r\n`)),
  refused('CR in an extension', chunked(`5;a=\rb\r\nhello\r\n0\r\n\r\n`)),
  refused('a length among the trailers', chunked(`5\r\nhello\r\n0\r\nContent-Length: 30\r\n\r\n`)),
  refused('a coding among the trailers', chunked(`5\r\nhello\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n`)),
  normalised('an extension', chunked('5;a=b\r\nhello\r\n0;c\r\n\r\n'), 'hello'),
  normalised('a request as data', chunked(`${EVIL.length.toString(16)}\r\n${EVIL}\r\n0\r\n\r\n`), EVIL),
  normalised('a Host among the trailers', chunked('5\r\nhello\r\n0\r\nHost: evil\r\n\r\n'), 'hello')
]

const heads: Hostile[] = [
  refused('a space before the colon', get('X-A : 1\r\n')),
  refused('a tab before the colon', get('X-A\t: 1\r\n')),
  refused('a space in a name', get('X A: 1\r\n')),
  refused('a NUL in a name', get('X\0A: 1\r\n')),
  refused('a name beyond ASCII', get('X\xe4: 1\r\n')),
  refused('no name', get(': 1\r\n')),
  refused('no colon', get('X-A\r\n')),
  refused('a NUL in a value', get('X-A: 1\0\r\n')),
  refused('a control character in a value', get('X-A: 1\x01\r\n')),
  refused('a DEL in a value', get('X-A: 1\x7f\r\n')),
  refused('bare CR in a value', get('X-A: 1\r2\r\n')),
  refused('a fold', get('X-A: 1\r\n 2\r\n')),
  refused('a fold before the first field', `GET /a HTTP/1.1\r\n Host: h\r\n\r\n`),
  refused('no Host', 'GET /a HTTP/1.1\r\n\r\n'),
  refused('two Hosts', 'GET /a HTTP/1.1\r\nHost: h\r\nHost: other\r\n\r\n'),
  refused('a Host with a space', 'GET /a HTTP/1.1\r\nHost: h other\r\n\r\n'),
  refused('a Host with a path', 'GET /a HTTP/1.1\r\nHost: h/../x\r\n\r\n'),
  refused('a Host with a user', 'GET /a HTTP/1.1\r\nHost: user@h\r\n\r\n'),
  refused('a list of Hosts', 'GET /a HTTP/1.1\r\nHost: h, other\r\n\r\n'),
  refused('bare LF all over', 'GET /a HTTP/1.1\nHost: h\n\n'),
  refused('bare LF behind the request line', 'GET /a HTTP/1.1\nHost: h\r\n\r\n'),
  normalised('two spaces', 'GET  /a HTTP/1.1\r\nHost: h\r\n\r\n'),
  refused('a tab in the request line', 'GET\t/a HTTP/1.1\r\nHost: h\r\n\r\n'),
  refused('a space in the target', 'GET /a b HTTP/1.1\r\nHost: h\r\n\r\n'),
  refused('a NUL in the target', 'GET /a\0b HTTP/1.1\r\nHost: h\r\n\r\n'),
  refused('bare CR in the target', 'GET /a\rb HTTP/1.1\r\nHost: h\r\n\r\n'),
  refused('more behind the version', 'GET /a HTTP/1.1 x\r\nHost: h\r\n\r\n'),
  refused('HTTP/1.2', 'GET /a HTTP/1.2\r\nHost: h\r\n\r\n'),
  refused('HTTP/2.0', 'GET /a HTTP/2.0\r\nHost: h\r\n\r\n'),
  refused('HTTP/0.9', 'GET /a\r\n\r\n'),
  refused('http in small letters', 'GET /a http/1.1\r\nHost: h\r\n\r\n'),
  refused('no target', 'GET HTTP/1.1\r\nHost: h\r\n\r\n'),
  refused('a target that is no path', 'GET a HTTP/1.1\r\nHost: h\r\n\r\n'),
  refused('an asterisk for GET', 'GET * HTTP/1.1\r\nHost: h\r\n\r\n'),
  refused('authority form for GET', 'GET h:80 HTTP/1.1\r\nHost: h\r\n\r\n'),
  refused('another scheme', 'GET ftp://h/a HTTP/1.1\r\nHost: h\r\n\r\n'),
  refused('absolute form without a host', 'GET http:///a HTTP/1.1\r\nHost: h\r\n\r\n'),
  refused('absolute form with a user', 'GET http://user@other/a HTTP/1.1\r\nHost: h\r\n\r\n'),
  refused(
    'a chunked HTTP/1.0 request with a length',
    'POST /a HTTP/1.0\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'
  ),
  normalised('an unknown expectation, which is the origin’s to refuse', get('Expect: magic\r\n')),
  normalised('a Host that Connection names', get('Connection: Host\r\n')),
  normalised('a cookie that Connection names', get('Connection: Cookie\r\nCookie: a=1\r\n')),
  normalised('absolute form', 'GET http://h/a HTTP/1.1\r\nHost: h\r\n\r\n')
]

export const HOSTILE: readonly Hostile[] = [...lengths, ...codings, ...moreCodings, ...chunks, ...heads]
