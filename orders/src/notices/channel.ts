/** Ways to reach somebody outside, and what is handed to them. */

/** Of a channel: what `enqueueNotice` names and a sender has an implementation for. */
export type ChannelName = 'chat' | 'email' | 'webhook'

/** What a template makes of one notice or of many. */
export interface Content {
  /** One line: the subject of a mail, the first line of a chat message. */
  readonly subject: string
  /** Plain text, lines of any length. */
  readonly text: string
  /** The same as HTML, for mail. */
  readonly html?: string
  /** Header fields of the mail, such as List-Unsubscribe; no other channel has them. */
  readonly headers?: Readonly<Record<string, string>>
  /** What a webhook gets as JSON. Default: key, subject and text. */
  readonly body?: object
}

export interface OutgoingMessage extends Content {
  /** The same on every try, and of no other message: a receiver that heard it already drops it. */
  readonly key: string
  /** An address as the channel has them: a mail address, a URL. */
  readonly to: string
}

/** One way to the outside. Delivery is at least once; `key` is passed on, so that the other side can make it once. */
export interface Channel {
  readonly name: ChannelName
  /**
   * Resolves when the other side has taken it.
   * @throws Refused when no later try can go better; any other error is tried again.
   */
  send(message: OutgoingMessage, signal: AbortSignal): Promise<void>
}

/** The other side will never take it. `message` is kept with it: it holds no address and no text of the message. */
export class Refused extends Error {
  override readonly name = 'Refused'
}

/** It may go better later. `message` is kept: no address, no text of the message. */
export class NotNow extends Error {
  override readonly name = 'NotNow'
}
