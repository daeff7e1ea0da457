import { ApiError, ConnectionError } from './api-error.ts'
import type { KubeObject, WatchEvent } from './types.ts'

/** Objects in etcd have 1.5 MiB at most; their JSON with managed fields stays well below this. */
const LONGEST_LINE = 16 * 1024 * 1024

interface WireEvent<T> {
  readonly type: string
  readonly object: T
}

/** Lines of a byte stream. @throws ConnectionError when it ends within a line. */
async function* lines(body: AsyncIterable<Buffer>, what: string): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of body) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = parts.pop() ?? ''
    if (rest.length > LONGEST_LINE) throw new ConnectionError(`${what}: an event is longer than 16 MiB`)
    for (const line of parts) if (line.trim() !== '') yield line
  }
  if (rest.trim() !== '') throw new ConnectionError(`${what}: the stream ended within an event`)
}

const parse = <T extends KubeObject>(line: string, what: string): WireEvent<T> => {
  try {
    return JSON.parse(line) as WireEvent<T>
  } catch (cause) {
    throw new ConnectionError(`${what}: an event is not JSON`, { cause })
  }
}

const toEvent = <T extends KubeObject>(wire: WireEvent<T>, what: string): WatchEvent<T> | undefined => {
  switch (wire.type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
      return { type: wire.type, object: wire.object }
    case 'BOOKMARK': {
      const { resourceVersion, annotations } = wire.object.metadata
      return {
        type: 'BOOKMARK',
        resourceVersion,
        initialEventsEnd: annotations?.['k8s.io/initial-events-end'] === 'true'
      }
    }
    case 'ERROR':
      throw ApiError.fromStatus(what, wire.object)
    default:
      return undefined // A type of a later API: not ours to judge.
  }
}

/**
 * Decodes the body of a watch: a JSON object a line.
 * @throws ApiError for an ERROR event, ConnectionError for anything that is no whole event.
 */
export async function* watchEvents<T extends KubeObject>(
  body: AsyncIterable<Buffer>,
  what: string
): AsyncGenerator<WatchEvent<T>> {
  for await (const line of lines(body, what)) {
    const event = toEvent(parse<T>(line, what), what)
    if (event !== undefined) yield event
  }
}
