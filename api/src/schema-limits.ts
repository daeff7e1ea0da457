import Type from 'typebox'
import * as rules from './rules.ts'
import { object, text, withDefault } from './schema-parts.ts'

const size = (description: string, [least, most]: readonly [string, string], value: string) =>
  withDefault(
    text({ description, maxLength: 15, examples: [value], rules: rules.quantityBetween(least, most) }),
    value
  )

const timeout = (description: string, value: string) =>
  withDefault(
    text({ description, maxLength: 24, examples: [value], rules: rules.durationBetween('1s', '2h') }),
    value
  )

const fields = {
  maxObjectSize: size(
    'Size of a body, in bytes, up to which an answer is stored, from 1Ki to 64Mi; a larger one is passed on and not stored. Default: 1Mi.',
    ['1Ki', '64Mi'],
    '1Mi'
  ),
  maxHeaderSize: size(
    'Size of the request line and the header fields of one request, in bytes, from 1Ki to 1Mi; a larger one is answered with 431. Default: 32Ki.',
    ['1Ki', '1Mi'],
    '32Ki'
  ),
  maxRequestBodySize: Type.Optional(
    text({
      description:
        'Size of the body of one request, in bytes, from 1Ki to 1024Gi; a larger one is answered with 413, at once where its length is said, else as soon as it is exceeded. Default: no bound, the application decides.',
      maxLength: 15,
      examples: ['100Mi'],
      rules: rules.quantityBetween('1Ki', '1024Gi')
    })
  ),
  maxConnections: withDefault(
    Type.Integer({
      description:
        'Connections of clients to one pod at a time, from 1 to 1000000; a further one is closed as it comes. Default: 10000.',
      format: 'int32',
      examples: [10_000],
      'x-kubernetes-validations': [
        {
          rule: 'self >= 1 && self <= 1000000',
          message: 'is not between 1 and 1000000',
          mend: 'write a whole number, such as 10000'
        }
      ]
    }),
    10_000
  ),
  headerTimeout: timeout(
    'From the first byte of a request until its header is complete, from 1s to 2h; then 408. Default: 30s.',
    '30s'
  ),
  requestTimeout: timeout(
    'From the first byte of a request until its body is complete, and how long a client may take nothing of its answer, from 1s to 2h; then the connection ends. Default: 5m.',
    '5m'
  ),
  idleTimeout: timeout(
    'How long a connection of a client is kept without a request, from 1s to 2h: longer than the load balancer before it keeps its own. Default: 75s.',
    '75s'
  ),
  originTimeout: timeout(
    'How long the application may take from the end of a request to the beginning of its answer, from 1s to 2h; then 504, or the stale answer. Default: 60s.',
    '60s'
  )
}

export const limitsSchema = withDefault(
  object(fields, {
    description:
      'Bounds of what is stored, and of what a client and the application can take of a proxy. A change takes effect without a restart; maxHeaderSize for new connections.'
  }),
  {
    maxObjectSize: fields.maxObjectSize.default,
    maxHeaderSize: fields.maxHeaderSize.default,
    maxConnections: fields.maxConnections.default,
    headerTimeout: fields.headerTimeout.default,
    requestTimeout: fields.requestTimeout.default,
    idleTimeout: fields.idleTimeout.default,
    originTimeout: fields.originTimeout.default
  }
)
