/** Mail by SMTP. */
import { createHash } from 'node:crypto'
import { createTransport } from 'nodemailer'
import { NotNow, Refused } from './channel.ts'
import type { Channel, OutgoingMessage } from './channel.ts'

export interface MailOptions {
  /** `smtp://user:password@host:port`, or `smtps://`; a secret. */
  readonly smtpUrl: string
  /** The sender's address; its domain is also that of Message-ID. */
  readonly from: string
  /** Milliseconds for connecting, greeting and silence. Default 10 000. */
  readonly timeoutMs?: number
}

export interface MailChannel extends Channel {
  close(): void
}

/** The same for the same key: a mail system that has the message drops its double (RFC 5322 §3.6.4). */
export const messageIdOf = (key: string, from: string): string =>
  `<${createHash('sha256').update(key).digest('hex').slice(0, 40)}@${/@([^>]+)>?$/.exec(from)?.[1] ?? 'localhost'}>`

export function mailChannel({ smtpUrl, from, timeoutMs = 10_000 }: MailOptions): MailChannel {
  const transport = createTransport({
    url: smtpUrl,
    pool: true,
    maxConnections: 4,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs
  })
  return {
    name: 'email',
    send: async (message) => {
      try {
        await transport.sendMail(mailOf(message, from))
      } catch (error) {
        throw meaningOf(error)
      }
    },
    close: () => transport.close()
  }
}

const mailOf = ({ key, to, subject, text, html, headers }: OutgoingMessage, from: string) => ({
  from,
  to,
  subject,
  text,
  messageId: messageIdOf(key, from),
  // Nobody's out-of-office note answers it (RFC 3834 §5).
  headers: { 'Auto-Submitted': 'auto-generated', ...headers },
  ...(html !== undefined && { html })
})

/** A server's text may repeat the address: only codes are kept. 5yz is for good, 4yz may pass (RFC 5321 §4.2.1). */
function meaningOf(error: unknown): Refused | NotNow {
  const [code, response] = codesOf(error)
  const sentence = `the mail server said ${response ?? code}`
  // A refused log-in is ours to mend, not the recipient's.
  const forGood = response !== undefined && response >= 500 && code !== 'EAUTH'
  return forGood || code === 'ENORECIPIENTS'
    ? new Refused(sentence, { cause: error })
    : new NotNow(sentence, { cause: error })
}

function codesOf(error: unknown): [code: string, response: number | undefined] {
  if (!(error instanceof Error)) return ['nothing', undefined]
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name
  const response =
    'responseCode' in error && typeof error.responseCode === 'number' ? error.responseCode : undefined
  return [code, response]
}
