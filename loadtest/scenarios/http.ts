/** One request, under the name of its route, with what its user expects of it. */
import http from 'k6/http'
import type { Params, RefinedResponse, ResponseType } from 'k6/http'
import { Counter } from 'k6/metrics'
import type { CacheOutcome } from '../src/units.ts'
import { PATIENCE_SECONDS } from '../src/units.ts'
import { ROUTES } from '../src/routes.ts'
import type { RouteName } from '../src/routes.ts'
import { settings } from './feed.ts'

export interface Call {
  /** Fills the template's :id. */
  readonly id?: number
  readonly query?: Readonly<Record<string, string | number>>
  readonly body?: object
  readonly headers?: Readonly<Record<string, string>>
  /** Statuses besides 2xx that are part of the game, such as 409 for a lost race. */
  readonly expected?: readonly number[]
  /** Keep the body of the answer. */
  readonly keep?: true
}

type Answer = RefinedResponse<ResponseType | undefined>

const answers = new Counter('cache_answers')

interface Prepared {
  readonly method: string
  readonly url: string
  readonly body: string | null
  readonly params: Params
}

function prepared(route: RouteName, call: Call): Prepared {
  const { system, method, template } = ROUTES[route]
  const path = template.replace(':id', String(call.id))
  const query = Object.entries(call.query ?? {}).map(([key, value]) => `${key}=${encodeURIComponent(value)}`)
  const json = call.body === undefined ? {} : { 'content-type': 'application/json' }
  return {
    method,
    url: `${settings.target[system]}${path}${query.length > 0 ? `?${query.join('&')}` : ''}`,
    body: call.body === undefined ? null : JSON.stringify(call.body),
    params: {
      headers: { accept: 'application/json', ...json, ...call.headers },
      tags: { name: route },
      timeout: `${PATIENCE_SECONDS}s`,
      responseType: call.keep ? 'text' : 'none',
      responseCallback: http.expectedStatuses({ min: 200, max: 299 }, ...(call.expected ?? []))
    }
  }
}

export function send(route: RouteName, call: Call = {}): Answer {
  const { method, url, body, params } = prepared(route, call)
  const answer = http.request(method, url, body, params)
  answers.add(1, { name: outcomeOf(answer) })
  return answer
}

/** All in the same moment. */
export function sendAll(route: RouteName, calls: readonly Call[]): readonly Answer[] {
  return http.batch(calls.map((call) => prepared(route, call)))
}

/** The id in the answer to something that was made; undefined when it was not. */
export function idOf(answer: Answer): number | undefined {
  if (answer.status !== 201 || typeof answer.body !== 'string') return undefined
  return (JSON.parse(answer.body) as { readonly id: number }).id
}

/** RFC 9211: the last member is the cache nearest to the client. */
function outcomeOf({ headers }: Answer): CacheOutcome {
  const nearest = headers['Cache-Status']?.split(',').at(-1)
  if (nearest === undefined) return 'none'
  const parameters = nearest.split(';').map((part) => part.trim())
  if (parameters.includes('hit')) return 'hit'
  return parameters.some((part) => /^collapsed(=\?1)?$/.test(part)) ? 'collapsed' : 'miss'
}
