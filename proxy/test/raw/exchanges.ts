import type { Step } from './raw-client.ts'

/** One exchange: what a client sends and what the origin answers, byte by byte. */
export interface Row {
  readonly name: string
  readonly send: readonly Step[]
  /** For each request that the origin reads, in order; the last one for all that follow. */
  readonly answer: readonly (readonly Step[])[]
  /** What the tier changes on purpose, besides what it changes always. */
  readonly differs?: {
    readonly request?: (text: string) => string
    readonly answer?: (text: string) => string
  }
}

const DATE = 'Date: Sun, 22 Nov 2026 08:00:00 GMT\r\n'
const ok = (fields = '', body = 'ok'): string =>
  `HTTP/1.1 200 OK\r\n${DATE}${fields}Content-Length: ${body.length}\r\n\r\n${body}`
const OK = [[ok()]]
const get = (target = '/', fields = ''): string => `GET ${target} HTTP/1.1\r\nHost: h\r\n${fields}\r\n`
const chunk = (data: string): string => `${data.length.toString(16)}\r\n${data}\r\n`
const END = '0\r\n\r\n'

/** All bytes there are. */
export const BINARY = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)).join('')

const row = (
  name: string,
  send: string | readonly Step[],
  answer: Row['answer'] = OK,
  differs: Row['differs'] = {}
): Row => ({ name, send: typeof send === 'string' ? [send] : send, answer, differs })

const methods: Row[] = [
  ...['GET', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'REPORT', 'PURGE', 'SEARCH', 'MKCOL'].map((method) =>
    row(`method ${method}`, `${method} /a HTTP/1.1\r\nHost: h\r\n\r\n`)
  ),
  row('OPTIONS of the server itself', 'OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n'),
  row('POST without a body', 'POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n'),
  row('POST without a length', 'POST /a HTTP/1.1\r\nHost: h\r\n\r\n'),
  row('POST', 'POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello'),
  row(
    'PUT in chunks',
    `PUT /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n${chunk('hello')}${END}`
  ),
  row('PATCH of all bytes', `PATCH /a HTTP/1.1\r\nHost: h\r\nContent-Length: 256\r\n\r\n${BINARY}`),
  row('GET with a body', 'GET /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello'),
  row(
    'GET with a body in chunks',
    `GET /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n${chunk('hello')}${END}`
  )
]

const targets: Row[] = [
  '/?',
  '/a?b=c&d=%20e+f',
  '/%2e%2e/a%2Fb/./../c',
  '//double//slashes/',
  "/a;b=c,d(e)!*'$&@:~-_.",
  '/?a=/?b=?',
  '/%zz',
  '/a[0]|b^c`d{e}',
  `/${'long/'.repeat(1000)}`
].map((target) => row(`target ${target.slice(0, 40)}`, get(target)))

const requestFields: Row[] = [
  row('fields in any case and twice', get('/', 'x-One: 1\r\nX-ONE: 2\r\nX-one: 3\r\n')),
  row('an empty field', get('/', 'X-Empty:\r\nX-After: 1\r\n')),
  row('spaces around a value', get('/', 'X-A:   one\t two \t \r\nX-B:none\r\n')),
  row('a value beyond ASCII', get('/', 'X-A: \xe4\xf6\xfc\xff\r\n')),
  row('a large value', get('/', `Cookie: ${'c'.repeat(8000)}\r\n`)),
  row('many fields', get('/', Array.from({ length: 150 }, (_, i) => `X-${i}: ${i}\r\n`).join(''))),
  row('cookies in two lines', get('/', 'Cookie: a=1\r\nCookie: b=2; c="3"\r\n')),
  row('credentials', get('/', 'Authorization: Basic YTpi\r\n')),
  row(
    'negotiation',
    get('/', 'Accept: */*;q=0.1\r\nAccept-Encoding: br, gzip;q=0\r\nAccept-Language: de\r\n')
  ),
  row('a precondition', get('/', 'If-Match: "a"\r\nIf-Unmodified-Since: Sun, 22 Nov 2026 08:00:00 GMT\r\n')),
  row('no-store', get('/', 'Cache-Control: no-store\r\nPragma: no-cache\r\n')),
  row('forwarded by others', get('/', 'Forwarded: for=1.2.3.4\r\nX-Real-IP: 1.2.3.4\r\nX-Request-Id: 7\r\n')),
  row('every character of a name', get('/', "X!#$%&'*+-.^_`|~09: 1\r\n")),
  row('close', get('/', 'Connection: close\r\n')),
  row('keep-alive', get('/', 'Connection: keep-alive\r\n')),
  row(
    'fields of the connection',
    get('/', 'Connection: X-Hop, close\r\nX-Hop: 1\r\nKeep-Alive: 5\r\nX-End: 2\r\n'),
    OK,
    {
      request: (text) => text.replace('X-Hop: 1\r\n', '')
    }
  )
]

const requestBodies: Row[] = [
  row('an upload in many packets', [
    'POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 12\r\n\r\n',
    10,
    'hel',
    10,
    'lo, ',
    10,
    'world'
  ]),
  row('chunks in many packets', [
    'POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5',
    10,
    '\r\nhel',
    10,
    'lo\r',
    10,
    '\n0\r\n',
    10,
    '\r\n'
  ]),
  row(
    'chunk extensions',
    'POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b;c="d"\r\nhello\r\n0;z\r\n\r\n'
  ),
  row(
    'a chunk size with zeros',
    'POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0005\r\nhello\r\n000\r\n\r\n'
  ),
  row(
    'trailers of a request',
    'POST /a HTTP/1.1\r\nHost: h\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 5\r\nx-b: 2\r\n\r\n'
  ),
  row(
    'a chunk of 200 KB',
    `POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n${chunk('x'.repeat(200_000))}${END}`
  ),
  row(
    'a form',
    'POST /a HTTP/1.1\r\nHost: h\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 59\r\n\r\n--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--b--\r\n'
  )
]

const STATUSES: readonly [number, string][] = [
  [200, 'OK'],
  [201, 'Created'],
  [202, 'Accepted'],
  [203, 'Non-Authoritative Information'],
  [206, 'Partial Content'],
  [207, 'Multi-Status'],
  [226, 'IM Used'],
  [299, 'Quite fine'],
  [300, 'Multiple Choices'],
  [301, 'Moved'],
  [302, 'Found'],
  [303, 'See Other'],
  [307, 'Temporary Redirect'],
  [308, 'Permanent Redirect'],
  [400, 'Bad Request'],
  [401, 'Who are you?'],
  [402, ''],
  [403, 'Forbidden'],
  [404, 'Nicht gefunden \xfc'],
  [405, 'Method Not Allowed'],
  [409, 'Conflict'],
  [410, 'Gone'],
  [413, 'Content Too Large'],
  [416, 'Range Not Satisfiable'],
  [418, "I'm a teapot"],
  [429, 'Too Many Requests'],
  [451, 'x'],
  [500, 'Internal Server Error'],
  [501, 'Not Implemented'],
  [502, 'Bad Gateway'],
  [503, 'Later'],
  [504, 'Gateway Timeout'],
  [599, 'Odd'],
  [600, 'Odder'],
  [999, 'Oddest']
]

const statuses: Row[] = STATUSES.map(([status, reason]) =>
  row(`status ${status} ${reason}`, get(), [
    [`HTTP/1.1 ${status} ${reason}\r\n${DATE}Content-Length: 4\r\n\r\nbody`]
  ])
)

const answerFields: Row[] = [
  row('cookies', get(), [[ok('Set-Cookie: a=1; Path=/\r\nX-A: 1\r\nset-cookie: b=2; Secure\r\n')]]),
  row('order, case and duplicates', get(), [
    [ok('x-b: 1\r\nX-a: 2\r\nX-B: 3\r\nETag: W/"x"\r\nVary: *\r\n')]
  ]),
  row('empty values and spaces', get(), [[ok('X-A:\r\nX-B:   b\t b  \r\n')]]),
  row('a value beyond ASCII', get(), [[ok('X-A: \xe4\xff\r\n')]]),
  row('many fields', get(), [[ok(Array.from({ length: 300 }, (_, i) => `X-${i}: ${i}\r\n`).join(''))]]),
  row('a head of 48 KB', get(), [[ok(`X-Large: ${'x'.repeat(48_000)}\r\n`)]]),
  row('what a page says', get(), [
    [
      ok(
        'Content-Type: text/html; charset=utf-8\r\nContent-Security-Policy: default-src \'self\'\r\nLink: </a>; rel=preload\r\nWWW-Authenticate: Basic realm="a, b"\r\nLast-Modified: Sat, 21 Nov 2026 08:00:00 GMT\r\nCache-Control: no-cache\r\n'
      )
    ]
  ]),
  row('a folded field becomes one line', get(), [[ok('X-A: one\r\n two\r\n\tthree\r\n')]], {
    answer: (text) => text.replace('X-A: one\r\n two\r\n\tthree', 'X-A: one two three')
  }),
  row(
    'fields of the connection',
    get(),
    [[ok('Connection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\n')]],
    {
      answer: (text) => text.replace('X-Hop: 1\r\n', '')
    }
  ),
  row('Via of the origin', get(), [[ok('Via: 1.0 other\r\n')]])
]

const answerBodies: Row[] = [
  row('an empty body', get(), [[ok('', '')]]),
  row('all bytes', get(), [[ok('Content-Type: application/octet-stream\r\n', BINARY)]]),
  row('500 KB', get(), [[ok('', 'x'.repeat(500_000))]]),
  row('chunks', get(), [
    [`HTTP/1.1 200 OK\r\n${DATE}Transfer-Encoding: chunked\r\n\r\n${chunk('hello')}${chunk(BINARY)}${END}`]
  ]),
  row('chunks with extensions', get(), [
    [`HTTP/1.1 200 OK\r\n${DATE}Transfer-Encoding: chunked\r\n\r\n5;a=1\r\nhello\r\n0;b\r\n\r\n`]
  ]),
  row('trailers of an answer', get('/', 'TE: trailers\r\nConnection: TE\r\n'), [
    [
      `HTTP/1.1 200 OK\r\n${DATE}Trailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n${chunk('hello')}0\r\nX-Sum: 5\r\nx-b: 2\r\n\r\n`
    ]
  ]),
  row('chunks in many packets', get(), [
    [`HTTP/1.1 200 OK\r\n${DATE}Transfer-Encoding: chunked\r\n\r\n5`, 10, '\r\nhel', 10, 'lo\r\n', 10, END]
  ]),
  row('a head in many packets', get(), [
    ['HTTP/1.1 20', 10, `0 OK\r\n${DATE}Content-Le`, 10, 'ngth: 2\r', 10, '\n\r\no', 10, 'k']
  ]),
  row('HEAD with a length', 'HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n', [
    [`HTTP/1.1 200 OK\r\n${DATE}Content-Length: 1234\r\nETag: "a"\r\n\r\n`]
  ]),
  row('HEAD without one', 'HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n', [
    [`HTTP/1.1 200 OK\r\n${DATE}X-A: 1\r\n\r\n`]
  ]),
  row('HEAD of chunks', 'HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n', [
    [`HTTP/1.1 200 OK\r\n${DATE}Transfer-Encoding: chunked\r\n\r\n`]
  ]),
  row('204', get(), [[`HTTP/1.1 204 No Content\r\n${DATE}X-A: 1\r\n\r\n`]]),
  row('205 without a body', get(), [[`HTTP/1.1 205 Reset Content\r\n${DATE}Content-Length: 0\r\n\r\n`]]),
  row('304', get('/', 'If-None-Match: "a"\r\n'), [
    [`HTTP/1.1 304 Not Modified\r\n${DATE}ETag: "a"\r\nX-A: 1\r\n\r\n`]
  ]),
  row('gzip', get('/', 'Accept-Encoding: gzip\r\n'), [
    [ok('Content-Encoding: gzip\r\n', '\x1f\x8b\x08\0\0\0\0\0\0\x03\xcb\xcf\x06\0G\xdd\xdcy\x02\0\0\0')]
  ])
]

const interim: Row[] = [
  row('103 with links', get(), [
    [`HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nLink: </b.js>\r\n\r\n`, 20, ok()]
  ]),
  row('102, 103, 199', get(), [
    [
      'HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nX-A: 1\r\n\r\nHTTP/1.1 199 unknown\r\n\r\n',
      ok()
    ].map((text) => text)
  ]),
  row('a 100 that nobody asked for', get(), [[`HTTP/1.1 100 Continue\r\n\r\n${ok()}`]], {
    answer: (text) => text.replace('HTTP/1.1 100 Continue\r\n\r\n', '')
  }),
  row(
    'Expect: 100-continue',
    [
      'PUT /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n',
      /100 Continue\r\n\r\n/,
      'hello'
    ],
    [['HTTP/1.1 100 Continue\r\n\r\n', 30, ok()]]
  ),
  row(
    'Expect: 100-continue in chunks',
    [
      'PUT /a HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\nTransfer-Encoding: chunked\r\n\r\n',
      /100 Continue\r\n\r\n/,
      `${chunk('hello')}${END}`
    ],
    [['HTTP/1.1 100 Continue\r\n\r\n', 30, ok()]]
  ),
  row(
    'Expect, refused',
    ['PUT /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n', /\r\n\r\n/],
    [[`HTTP/1.1 417 No\r\n${DATE}Connection: close\r\nContent-Length: 2\r\n\r\nno`]]
  ),
  row(
    'Expect, answered at once',
    ['PUT /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n', /\r\n\r\n/],
    [[`HTTP/1.1 401 Who\r\n${DATE}Connection: close\r\nContent-Length: 0\r\n\r\n`]]
  )
]

const connections: Row[] = [
  row('three requests in one packet', get('/1') + get('/2') + get('/3'), [
    [ok('', 'one')],
    [20, ok('', 'two')],
    [ok('', 'three')]
  ]),
  row(
    'a pipeline with bodies',
    `POST /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\noneGET /2 HTTP/1.1\r\nHost: h\r\n\r\nPUT /3 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n${chunk('three')}${END}`,
    [[ok('', 'one')], [ok('', 'two')], [ok('', 'three')]]
  ),
  row(
    'a pipeline of HEAD, GET, 204, GET',
    `HEAD /1 HTTP/1.1\r\nHost: h\r\n\r\n${get('/2')}DELETE /3 HTTP/1.1\r\nHost: h\r\n\r\n${get('/4')}`,
    [
      [ok('', 'one').replace('one', '')],
      [ok('', 'two')],
      [`HTTP/1.1 204 Gone\r\n${DATE}\r\n`],
      [ok('', 'four')]
    ]
  ),
  row('one after the other', [get('/1'), /one/, get('/2'), /two/], [[ok('', 'one')], [ok('', 'two')]]),
  row(
    'a request byte by byte',
    [...get('/1')].flatMap((byte) => [byte, 1])
  ),
  row('empty lines before a request', `\r\n\r\n${get('/1')}`, OK, {
    request: (text) => text.replace('\r\n\r\n', '')
  }),
  row('an answer that ends with its connection', get(), [
    [`HTTP/1.1 200 OK\r\n${DATE}Connection: close\r\n\r\nuntil the end`, -1]
  ]),
  row('an HTTP/1.0 origin', get(), [[`HTTP/1.0 200 OK\r\n${DATE}\r\nuntil the end`, -1]], {
    answer: (text) => text.replace('HTTP/1.0', 'HTTP/1.1')
  }),
  row('an HTTP/1.0 client', 'GET /a HTTP/1.0\r\nHost: h\r\n\r\n', [[ok('Connection: close\r\n')]], {
    request: (text) => text.replace('HTTP/1.0', 'HTTP/1.1')
  }),
  row(
    'an HTTP/1.0 client that stays',
    'GET /a HTTP/1.0\r\nHost: h\r\nConnection: keep-alive\r\n\r\n',
    [[ok('Connection: keep-alive\r\n')]],
    {
      request: (text) => text.replace('HTTP/1.0', 'HTTP/1.1')
    }
  ),
  row('absolute form of the same host', 'GET http://h/a?b HTTP/1.1\r\nHost: h\r\n\r\n', OK, {
    request: (text) => text.replace('http://h/a', '/a')
  })
]

/** What must come through as if there were no tier. */
export const EXCHANGES: readonly Row[] = [
  ...methods,
  ...targets,
  ...requestFields,
  ...requestBodies,
  ...statuses,
  ...answerFields,
  ...answerBodies,
  ...interim,
  ...connections
]
