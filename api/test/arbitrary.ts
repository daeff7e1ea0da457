import fc from 'fast-check'

/** Values for property tests. `odd` mixes in what is wrong, or right in an unusual way. */
const some = <T>(good: fc.Arbitrary<T>, ...odd: unknown[]) =>
  fc.oneof({ weight: 12, arbitrary: good }, { weight: 1, arbitrary: fc.constantFrom(...odd) })
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 2 })

const word = fc.constantFrom('a', 'api', 'orders', 'v1', 'x-y', 'A%20b', '~')
const param = fc.constantFrom('id', 'order', 'x9', 'a_b')
/** A valid path pattern whose parameters have different names. */
export const path = fc
  .tuple(
    fc.array(
      fc.oneof(
        word,
        param.map((name) => `:${name}`)
      ),
      { maxLength: 4 }
    ),
    fc.constantFrom('', '/*', '/')
  )
  .map(([parts, end]) => {
    const text = parts
      .filter((part, index) => !part.startsWith(':') || parts.indexOf(part) === index)
      .join('/')
    return text === '' ? (end === '/*' ? '/*' : '/') : `/${text}${end}`
  })

const duration = fc.constantFrom('0s', '15s', '60s', '1m', '5m', '1h30m', '100ms', '8760h')
const oddDuration = [
  '',
  '15',
  's',
  '1.5s',
  '-1s',
  '5m1h',
  '8760h1ms',
  '99999h',
  15,
  true,
  null,
  'x'.repeat(30)
]
const size = fc.constantFrom('8Mi', '64Mi', '8388608', '100M', '64Gi', '1Gi')
const oddSize = ['', '0', '7Mi', '65Gi', '1Ti', '999999999999Gi', '1e9', '0.5Gi', 5, null, ' 8Mi']
const tag = fc.constantFrom(
  'orders',
  'order:{path.id}',
  '{query.page}',
  't-{header.X-T}-{path.order}',
  'path.id'
)
const oddTag = [
  '',
  '{path.nope}',
  '{body.id}',
  'a b',
  'a,b',
  '{',
  '}',
  'path.}',
  '{path.id',
  '{}',
  'é',
  null,
  3
]
const header = fc.constantFrom('Accept-Language', 'accept', 'X-Tenant', 'X-Forwarded-Proto', 'x_y')
const oddHeader = [
  '',
  'Host',
  'cookie',
  'AUTHORIZATION',
  'TE',
  'if-none-match',
  'a b',
  'é',
  'x'.repeat(64),
  null,
  1
]
const name = fc.constantFrom('page', 'status', 'utm_*', 'a.b', '*')

const TOKENS = { jwksUri: 'http://keys.login.svc/jwks?a=b', issuer: 'me', audience: 'you', claims: ['role'] }

const key = fc.record(
  {
    query: fc.record(
      {
        include: some(fc.uniqueArray(some(name, 'a*b', 'a=b', '', 1)), null),
        exclude: some(fc.uniqueArray(name), ['a', 'a'])
      },
      { requiredKeys: [] }
    ),
    headers: fc.array(some(header, ...oddHeader), { maxLength: 3 }),
    identity: fc.oneof(
      fc.constantFrom(
        { type: 'None' },
        { type: 'Header', header: 'Authorization' },
        { type: 'Jwt', jwt: TOKENS }
      ),
      fc.constantFrom(
        { type: 'Header' },
        { type: 'None', header: 'X-User' },
        { type: 'Jwt' },
        { type: 'None', jwt: TOKENS },
        { type: 'Jwt', header: 'Authorization', jwt: TOKENS },
        { type: 'Jwt', jwt: { ...TOKENS, jwksUri: 'https://a:99999/' } },
        { type: 'Jwt', jwt: { ...TOKENS, jwksUri: 'https://u@a/' } },
        { type: 'Jwt', jwt: { ...TOKENS, claims: ['a b'] } },
        { type: 'Jwt', jwt: { ...TOKENS, claims: ['a', 'a'] } },
        { type: 'Jwt', jwt: { ...TOKENS, audience: ['a'] } },
        {},
        null,
        'None'
      )
    )
  },
  { requiredKeys: [] }
)

const cleaned = <T extends object>(value: T) =>
  Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined))

const rule = fc
  .record({
    name: some(
      fc.constantFrom('list', 'card', 'a', 'b', 'c', 'd-1'),
      '',
      'A',
      'a.b',
      '-a',
      7,
      null,
      'x'.repeat(64)
    ),
    match: fc
      .record({
        methods: maybe(
          some(fc.constantFrom(['GET'], ['HEAD'], ['HEAD', 'GET']), [], ['POST'], ['GET', 'GET'], 'GET')
        ),
        path: some(
          path,
          'api',
          '',
          '/a/*/b',
          '/a*',
          '/:id/:id',
          '/a:b',
          '/:1',
          '/a?b',
          '/a//b',
          '/../a',
          '/a b',
          '/é',
          '/{a}',
          null,
          4
        )
      })
      .map(cleaned),
    key: maybe(some(key, null, 'x', { headers: {} })),
    shareAuthenticated: maybe(some(fc.constant(false), true, 'yes', null)),
    bypass: maybe(
      some(
        fc.constant({ headers: [{ name: 'X-Debug' }, { name: 'Cookie', value: '' }] }),
        {},
        { headers: [] },
        { headers: [{ value: 'x' }] }
      )
    ),
    ttl: maybe(some(duration, ...oddDuration)),
    overrideOrigin: maybe(some(fc.constant(false), true)),
    ignoreOriginProhibition: maybe(some(fc.constant(false), true)),
    jitter: maybe(some(fc.constantFrom('0%', '20%', '100%'), '101%', '20', '-1%', '1.5%', 20)),
    staleIfError: maybe(some(duration, ...oddDuration)),
    tags: maybe(fc.array(some(tag, ...oddTag), { maxLength: 3 })),
    extra: fc.oneof({ weight: 30, arbitrary: fc.constant(undefined) }, fc.constantFrom(1, null, {}))
  })
  .map(cleaned)

const write = fc
  .record({
    match: fc
      .record({
        methods: maybe(some(fc.constantFrom(['POST'], ['PUT', 'DELETE']), ['GET'], [])),
        path: some(path, 'x', '/*/')
      })
      .map(cleaned),
    tags: fc.array(some(tag, ...oddTag), { maxLength: 3 })
  })
  .map(cleaned)

const amqp = fc
  .record({
    secretRef: some(fc.constant({ name: 'mq', key: 'url' }), {}, { name: 'mq' }, null),
    exchange: some(fc.constantFrom('orders', 'amq.topic', 'a b'), '', 'é', 'x'.repeat(256), 1),
    bindings: some(
      fc.uniqueArray(fc.constantFrom('#', '*', 'order.*.status', 'a.#.b', '~'), {
        minLength: 1,
        maxLength: 3
      }),
      [],
      ['a..b'],
      ['a*'],
      ['#b'],
      [''],
      ['a b'],
      ['a', 'a']
    ),
    tags: some(
      fc.uniqueArray(
        fc.constantFrom('orders', '{body.id}', 'o:{body.a.b}-{key.0}', '{key.2}', '{key.9}', 'key.7}'),
        { minLength: 1, maxLength: 3 }
      ),
      [],
      ['{path.id}'],
      ['{key.a}'],
      ['{key.100}'],
      ['{body.}'],
      ['{body.a..b}'],
      ['{body}'],
      ['a b'],
      ['']
    )
  })
  .map(cleaned)

const spec = fc
  .record({
    workload: fc
      .record({
        kind: maybe(some(fc.constantFrom('Deployment', 'StatefulSet'), 'Pod', null)),
        name: some(fc.constantFrom('mes-api', 'a.b', '9'), '', 'A', '.a', 'a..b', 'x'.repeat(254), 3, null),
        port: some(
          fc.constantFrom('http', 'web-2', '9p'),
          '',
          80,
          '80',
          'HTTP',
          'a--b',
          '-a',
          'cache-admin',
          'abcdefghijklmnop',
          null,
          true,
          1.5
        )
      })
      .map(cleaned),
    store: maybe(
      some(
        fc
          .record({
            topology: maybe(some(fc.constantFrom('Sidecar', 'Shared', 'External'), 'None')),
            maxMemory: maybe(some(size, ...oddSize)),
            secretRef: maybe(
              some(fc.constant({ name: 's', key: 'url' }), {}, { name: 'S', key: 'a b' }, null)
            )
          })
          .map(cleaned),
        null,
        []
      )
    ),
    policy: maybe(
      some(
        fc.record({ rules: fc.array(rule, { maxLength: 3 }) }),
        {},
        null,
        { rules: null },
        { rules: [null] }
      )
    ),
    invalidation: maybe(
      some(
        fc.record({ onWrite: maybe(fc.array(write, { maxLength: 2 })), amqp: maybe(amqp) }).map(cleaned),
        {},
        null,
        {
          amqp: {}
        }
      )
    ),
    telemetry: maybe(
      some(
        fc.constantFrom({ traceSampleRatio: 0.25 }, { traceSampleRatio: 1 }, { traceSampleRatio: 0 }),
        {},
        null,
        { traceSampleRatio: 1.01 },
        { traceSampleRatio: -1 },
        { traceSampleRatio: '0.1' },
        { traceSampleRatio: null }
      )
    ),
    limits: maybe(
      some(
        fc.constantFrom(
          { maxObjectSize: '64Mi', maxRequestBodySize: '1024Gi' },
          { maxHeaderSize: '8Ki', maxConnections: 1, headerTimeout: '1s' },
          { requestTimeout: '2h', idleTimeout: '1m30s', originTimeout: '1500ms' }
        ),
        { maxConnections: 1.5 },
        { maxConnections: '10' },
        { headerTimeout: '999ms' },
        { idleTimeout: '2h1ms' },
        { maxHeaderSize: '1023' },
        { maxRequestBodySize: '1025Gi' },
        { maxRequestBodySize: null },
        {},
        null,
        { maxObjectSize: '65Mi' },
        { maxObjectSize: null }
      )
    )
  })
  .map(cleaned)

const manifest = (of: fc.Arbitrary<unknown>) =>
  of.map((value) => ({
    apiVersion: 'alexandrite.dev/v1alpha1',
    kind: 'CacheTier',
    metadata: { name: 'mes-api', namespace: 'default' },
    spec: value
  }))

/** Manifests of which about a tenth is valid; the others are wrong in one or a few places. */
export const anyManifest = manifest(some(spec, null, [], 'x', {}))
