/** Webhooks: a chat's incoming hook, or anybody's endpoint. */
import { types } from 'node:util'
import { NotNow, Refused } from './channel.ts'
import type { Channel, ChannelName, OutgoingMessage } from './channel.ts'

export interface WebhookOptions {
  readonly name: Extract<ChannelName, 'chat' | 'webhook'>
  /** Milliseconds until an answer must have come. Default 5000. */
  readonly timeoutMs?: number
  /** Header fields besides, such as a signature of the body. */
  readonly headers?: (message: OutgoingMessage, body: string) => Readonly<Record<string, string>>
}

/** Answers after which another try may go better: a timeout, too early, too many, and the server's own faults. */
const LATER = new Set([408, 425, 429])

/**
 * POST of JSON with `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): the message's key, quoted as the draft
 * wants it. A chat gets `{"text": …}`, which Slack, Mattermost and Rocket.Chat take alike.
 */
export const webhookChannel = ({ name, timeoutMs = 5000, headers }: WebhookOptions): Channel => ({
  name,
  send: async (message, signal) => {
    const body = JSON.stringify(bodyOf(name, message))
    const status = await post(message.to, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'idempotency-key': JSON.stringify(message.key),
        ...headers?.(message, body)
      },
      body,
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
    })
    if (status >= 200 && status < 300) return
    const sentence = `the ${name} answered ${status}`
    throw status >= 500 || LATER.has(status) ? new NotNow(sentence) : new Refused(sentence)
  }
})

const bodyOf = (name: WebhookOptions['name'], { key, subject, text, body }: OutgoingMessage): object =>
  name === 'chat' ? { text: text === '' ? subject : `${subject}\n${text}` } : (body ?? { key, subject, text })

async function post(url: string, init: RequestInit): Promise<number> {
  try {
    const response = await fetch(url, init)
    await response.body?.cancel()
    return response.status
  } catch (error) {
    throw new NotNow(`no answer: ${causeOf(error)}`, { cause: error })
  }
}

/** Node's fetch says "fetch failed"; the code of its cause says why, without the address. */
function causeOf(error: unknown): string {
  if (!types.isNativeError(error)) return 'unknown'
  const { cause } = error
  return types.isNativeError(cause) && 'code' in cause && typeof cause.code === 'string'
    ? cause.code
    : error.name
}
