/** A small, fast generator of numbers with a seed (mulberry32). */
export type Random = () => number

export const seeded = (seed: number): Random => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

const pick = <T>(random: Random, list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
const chance = (random: Random, probability: number): boolean => random() < probability

const METHODS = [
  'GET',
  'GET',
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'PATCH',
  'OPTIONS',
  'PURGE',
  'FOO',
  'get',
  'G ET',
  'CONNECT',
  ''
]
const TARGETS = [
  '/',
  '/a',
  '/a?b=1',
  '/a/b/../c',
  '//a',
  '/a%20b',
  '/%',
  '/a#b',
  '/ä',
  '/a"b',
  '/a{b}',
  '/a\\b',
  '/a|b^c`d',
  '*',
  'http://other/x',
  'https://other:8443/x?y',
  'x',
  '',
  '/a b',
  '/\t',
  '/?',
  '/??',
  '/a?b#c',
  '/\x7f',
  '/a;b=c',
  "/'()*!$&,:@"
]
const VERSIONS = [
  'HTTP/1.1',
  'HTTP/1.1',
  'HTTP/1.1',
  'HTTP/1.1',
  'HTTP/1.0',
  'HTTP/1.2',
  'HTTP/2.0',
  'http/1.1',
  'HTTP/1.1 ',
  'HTTP/0.9'
]
const LINE_ENDS = [
  '\r\n',
  '\r\n',
  '\r\n',
  '\r\n',
  '\r\n',
  '\r\n',
  '\r\n',
  '\r\n',
  '\n',
  '\r',
  '\r\r\n',
  '\r\n ',
  '\n\r\n'
]
const FIELDS = [
  'Accept: */*',
  'Accept-Encoding: gzip, br',
  'User-Agent: x/1 (y; z)',
  'Cookie: a=b; c=d',
  'Authorization: Bearer abc',
  'X-Empty:',
  'X-Empty: ',
  'X-Pad:   a b\t ',
  'X-Obs: \xe4\xa0',
  'X-Nul: a\x00b',
  'X-Cr: a\rb',
  'X-Lf: a\nb',
  'X-Tab:\ta\tb',
  'X-Del: a\x7fb',
  'X Space: a',
  'X-Before : a',
  ': a',
  'NoColon',
  '\tX: folded',
  ' folded',
  'X-Colon::a:',
  'Cache-Control: no-cache',
  'Pragma: no-cache',
  'If-None-Match: "a"',
  'Range: bytes=0-1',
  'Connection: keep-alive',
  'Connection: close',
  'Connection: Keep-Alive',
  'Connection: close, X-Hop',
  'Connection: upgrade',
  'Connection: ',
  'Upgrade: websocket',
  'Upgrade: h2c',
  'Expect: 100-continue',
  'Expect: x',
  'TE: trailers',
  'Trailer: X-T',
  'Keep-Alive: timeout=5',
  'Proxy-Connection: keep-alive',
  'HTTP2-Settings: AAMAAABkAAQAAP__',
  'Via: 1.1 a',
  'X-Forwarded-For: 1.2.3.4',
  'X-\xff: a',
  'X-(: a',
  "X-!#$%&'*+.^_`|~: a"
]
const HOSTS = [
  'Host: a',
  'Host: a',
  'Host: a',
  'Host: a',
  'Host: a:80',
  'Host: [::1]:80',
  'host: A',
  'Host:a',
  'Host: ',
  'Host: a b',
  'Host: a, b',
  'Host: a/b',
  'Host: a@b',
  'Host: ä',
  'X: no host',
  'Host: a\r\nHost: b',
  'Host: a\r\nHost: a'
]

const FRAMINGS: readonly {
  readonly fields: readonly string[]
  readonly body: 'none' | 'five' | 'chunked'
}[] = [
  { fields: [], body: 'none' },
  { fields: [], body: 'none' },
  { fields: [], body: 'none' },
  { fields: ['Content-Length: 0'], body: 'none' },
  { fields: ['Content-Length: 5'], body: 'five' },
  { fields: ['Content-Length: 5'], body: 'five' },
  { fields: ['Transfer-Encoding: chunked'], body: 'chunked' },
  { fields: ['Transfer-Encoding: chunked'], body: 'chunked' },
  { fields: ['Content-Length: 5', 'Content-Length: 5'], body: 'five' },
  { fields: ['Content-Length: 5', 'Content-Length: 6'], body: 'five' },
  { fields: ['Content-Length: 5, 5'], body: 'five' },
  { fields: ['Content-Length: +5'], body: 'five' },
  { fields: ['Content-Length: 05'], body: 'five' },
  { fields: ['Content-Length: 0x5'], body: 'five' },
  { fields: ['Content-Length: -5'], body: 'five' },
  { fields: ['Content-Length: 5 '], body: 'five' },
  { fields: ['Content-Length: 5 5'], body: 'five' },
  { fields: ['Content-Length: 99999999999999999999'], body: 'five' },
  { fields: ['Content-Length:'], body: 'five' },
  { fields: ['Content-Length : 5'], body: 'five' },
  { fields: ['Content-Length: 5', 'Transfer-Encoding: chunked'], body: 'chunked' },
  { fields: ['Transfer-Encoding: chunked', 'Content-Length: 5'], body: 'chunked' },
  { fields: ['Transfer-Encoding: Chunked'], body: 'chunked' },
  { fields: ['Transfer-Encoding: identity'], body: 'five' },
  { fields: ['Transfer-Encoding: gzip, chunked'], body: 'chunked' },
  { fields: ['Transfer-Encoding: chunked, chunked'], body: 'chunked' },
  { fields: ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'], body: 'chunked' },
  { fields: ['Transfer-Encoding: xchunked'], body: 'chunked' },
  { fields: ['Transfer-Encoding: chunked;a=b'], body: 'chunked' },
  { fields: ['Transfer-Encoding:\x0bchunked'], body: 'chunked' },
  { fields: ['Transfer-Encoding : chunked'], body: 'chunked' }
]
const CHUNKED = [
  '5\r\nhello\r\n0\r\n\r\n',
  '5\r\nhello\r\n0\r\n\r\n',
  '5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n',
  '5;a=b\r\nhello\r\n0\r\n\r\n',
  '5;a="b;c"\r\nhello\r\n0;x\r\n\r\n',
  '5 \r\nhello\r\n0\r\n\r\n',
  '05\r\nhello\r\n00\r\n\r\n',
  '5\nhello\n0\n\n',
  '5\r\nhello0\r\n\r\n',
  '0x5\r\nhello\r\n0\r\n\r\n',
  '-5\r\nhello\r\n0\r\n\r\n',
  'FFFFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n',
  '\r\nhello\r\n0\r\n\r\n',
  '5\r\nhello\r\n0\r\nContent-Length: 5\r\n\r\n',
  '5\r\nhel\rlo\r\n0\r\n\r\n',
  '3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n',
  '5;\r\nhello\r\n0\r\n\r\n',
  '5\r\nhello\r\n0\r\n X: fold\r\n\r\n'
]
const HOSTILE = [
  '\x00',
  '\r',
  '\n',
  '\r\n',
  ' ',
  '\t',
  ':',
  ',',
  '\x0b',
  '\x0c',
  '\x7f',
  '\x80',
  '\xff',
  '"',
  ';',
  '%00',
  '#',
  '\r\n\r\n',
  'a',
  '0'
]

const mutated = (random: Random, text: string): string => {
  const at = Math.floor(random() * (text.length + 1))
  const until = chance(random, 0.5) ? at : Math.min(text.length, at + 1 + Math.floor(random() * 3))
  return text.slice(0, at) + (chance(random, 0.8) ? pick(random, HOSTILE) : '') + text.slice(until)
}

const oneRequest = (random: Random): string => {
  const framing = pick(random, FRAMINGS)
  const line = `${pick(random, METHODS)} ${pick(random, TARGETS)} ${pick(random, VERSIONS)}`
  const fields = [pick(random, HOSTS), ...framing.fields]
  for (let i = Math.floor(random() * 4); i > 0; i -= 1)
    fields.splice(Math.floor(random() * (fields.length + 1)), 0, pick(random, FIELDS))
  const lineEnd = (): string => (chance(random, 0.97) ? '\r\n' : pick(random, LINE_ENDS))
  let text = line + lineEnd()
  for (const field of fields) text += field + lineEnd()
  text += lineEnd()
  if (framing.body === 'five') text += 'hello'
  if (framing.body === 'chunked') text += pick(random, CHUNKED)
  return text
}

/** A request of plain parts only: what the fast path is for. */
const plainRequest = (random: Random): string => {
  const fields = ['Host: a']
  for (let i = Math.floor(random() * 4); i > 0; i -= 1) fields.push(pick(random, FIELDS.slice(0, 9)))
  return `${pick(random, ['GET', 'HEAD', 'GET'])} ${pick(random, TARGETS.slice(0, 7))} HTTP/1.1\r\n${fields.join('\r\n')}\r\n\r\n`
}

/** Bytes of one connection, Latin-1: some requests, hostile ones among them. */
export const hostileConnection = (random: Random): string => {
  let text = ''
  for (let i = 1 + Math.floor(random() * 3); i > 0; i -= 1)
    text += chance(random, 0.4) ? plainRequest(random) : oneRequest(random)
  for (let i = chance(random, 0.4) ? 1 + Math.floor(random() * 3) : 0; i > 0; i -= 1)
    text = mutated(random, text)
  return text
}

/** The bytes cut into packets. */
export const packets = (random: Random, text: string): Buffer[] => {
  const bytes = Buffer.from(text, 'latin1')
  if (chance(random, 0.6)) return [bytes]
  const cuts: Buffer[] = []
  let at = 0
  while (at < bytes.length) {
    const end = Math.min(bytes.length, at + 1 + Math.floor(random() * (chance(random, 0.3) ? 3 : 80)))
    cuts.push(bytes.subarray(at, end))
    at = end
  }
  return cuts
}
