/** Mails as people read them: subject and text out of headers and parts (RFC 2047, RFC 2045). */
import PostalMime from 'postal-mime'

export interface Mail {
  readonly from: string
  readonly to: readonly string[]
  readonly at: Date
  /** Headers and body, as they were sent. */
  readonly text: string
}

export interface ReadMail {
  readonly to: readonly string[]
  readonly at: Date
  readonly subject: string
  readonly text: string
}

export async function readMail({ to, at, text }: Mail): Promise<ReadMail> {
  const parsed = await PostalMime.parse(text)
  return { to, at, subject: parsed.subject ?? '', text: (parsed.text ?? '').trim() }
}

/** On a page: the newest first. */
const SHOWN = 50

/** The mailbox as plain text. */
export async function mailboxPage(mails: readonly Mail[]): Promise<string> {
  const newest = await Promise.all(mails.slice(-SHOWN).toReversed().map(readMail))
  const shown = newest.map(
    ({ to, at, subject, text }) => `${at.toISOString()}  ${to.join(', ')}\n${subject}\n\n${text}\n`
  )
  return [`${mails.length} mails so far, the newest first\n`, ...shown].join('\n----\n\n')
}
