/** Where Alertmanager sends on this machine: webhooks that keep what they were told, and a real SMTP server. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo, Server } from 'node:net'
import { SMTPServer } from 'smtp-server'
import type { SMTPServerDataStream, SMTPServerSession } from 'smtp-server'
import { mailboxPage } from './mailbox.ts'
import type { Mail } from './mailbox.ts'
import type { Labels } from './queries.ts'

/** What a webhook of Alertmanager's is sent, version 4. */
export interface Notification {
  readonly status: 'firing' | 'resolved'
  /** Name of the receiver in Alertmanager's configuration. */
  readonly receiver: string
  readonly groupLabels: Labels
  readonly commonLabels: Labels
  readonly commonAnnotations: Labels
  readonly alerts: readonly {
    readonly status: 'firing' | 'resolved'
    readonly labels: Labels
    readonly annotations: Labels
    readonly startsAt: string
    readonly endsAt: string
  }[]
}

export interface Received {
  /** The path it was sent to, such as /pager. */
  readonly path: string
  readonly at: Date
  readonly notification: Notification
}

/** What an incoming webhook of the chat is sent: Slack's form. Alertmanager fills in attachments, our services a text. */
export interface ChatMessage {
  readonly text?: string
  readonly attachments: readonly { readonly title?: string; readonly text?: string }[]
}

export interface Said {
  /** The path it was sent to, such as /chat. */
  readonly path: string
  readonly at: Date
  readonly message: ChatMessage
}

export interface Receivers {
  /** Base URL of the webhooks; any path below it is one. GET of /mails below it shows the mails. */
  readonly webhookUrl: string
  /** HOST:PORT of the SMTP server; it takes mail to anyone and passes none on. */
  readonly smarthost: string
  /** What came so far, oldest first. */
  readonly received: readonly Received[]
  readonly said: readonly Said[]
  readonly mails: readonly Mail[]
  stop(): Promise<void>
}

/** Where both listen. */
export interface ReceiverAddresses {
  /** Address that they bind. */
  readonly host: string
  readonly webhookPort: number
  readonly smtpPort: number
}

export interface ReceiverOptions {
  /** @default free ports of 127.0.0.1 */
  readonly listen?: ReceiverAddresses
  /** Told of each notification, chat message and mail as it comes. */
  readonly onReceived?: (received: Received) => void
  readonly onSaid?: (said: Said) => void
  readonly onMail?: (mail: Mail) => void
}

const ANYWHERE_LOCAL: ReceiverAddresses = { host: '127.0.0.1', webhookPort: 0, smtpPort: 0 }

/** Starts both. */
export async function startReceivers(options: ReceiverOptions = {}): Promise<Receivers> {
  const received: Received[] = []
  const said: Said[] = []
  const mails: Mail[] = []
  const webhooks = createServer((request, response) => {
    if (request.method === 'GET') void showMails(request, response, mails)
    else
      void take(request, response, {
        notification: (one) => {
          received.push(one)
          options.onReceived?.(one)
        },
        message: (one) => {
          said.push(one)
          options.onSaid?.(one)
        }
      })
  })
  const smtp = mailServer((mail) => {
    mails.push(mail)
    options.onMail?.(mail)
  })
  const { host, webhookPort, smtpPort } = options.listen ?? ANYWHERE_LOCAL
  return {
    webhookUrl: `http://${host}:${await portOf(webhooks.listen(webhookPort, host))}`,
    smarthost: `${host}:${await portOf(smtp.listen(smtpPort, host))}`,
    received,
    said,
    mails,
    async stop() {
      const closed = [once(webhooks, 'close'), new Promise<void>((resolve) => smtp.close(resolve))]
      webhooks.close()
      webhooks.closeAllConnections()
      await Promise.all(closed)
    }
  }
}

/** Port of a server once it listens. */
async function portOf(server: Server): Promise<number> {
  if (!server.listening) await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

interface Keep {
  readonly notification: (received: Received) => void
  readonly message: (said: Said) => void
}

const has = <Key extends string>(body: unknown, key: Key): body is Record<Key, unknown> =>
  typeof body === 'object' && body !== null && key in body

const isNotification = (body: unknown): body is Notification =>
  has(body, 'receiver') && has(body, 'alerts') && Array.isArray(body.alerts)

const isText = (body: unknown): body is { readonly text: string } =>
  has(body, 'text') && typeof body.text === 'string'

const isChatMessage = (body: unknown): body is ChatMessage =>
  has(body, 'attachments') && Array.isArray(body.attachments)

async function take(request: IncomingMessage, response: ServerResponse, keep: Keep): Promise<void> {
  const where = { path: request.url ?? '/', at: new Date() }
  const body = await bodyOf(request)
  if (isNotification(body)) keep.notification({ ...where, notification: body })
  else if (isChatMessage(body)) keep.message({ ...where, message: body })
  else if (isText(body)) keep.message({ ...where, message: { text: body.text, attachments: [] } })
  else {
    response.writeHead(400).end('expected a notification of Alertmanager or a message in the form of Slack\n')
    return
  }
  response.writeHead(204).end()
}

async function showMails(
  { url }: IncomingMessage,
  response: ServerResponse,
  mails: readonly Mail[]
): Promise<void> {
  if (url !== '/mails') response.writeHead(404).end('there is /mails\n')
  else response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).end(await mailboxPage(mails))
}

/** Undefined when it is no JSON or breaks off. */
const bodyOf = async (request: IncomingMessage): Promise<unknown> => {
  try {
    return JSON.parse(await textOf(request))
  } catch {
    return undefined
  }
}

function mailServer(keep: (mail: Mail) => void): SMTPServer {
  const server = new SMTPServer({
    // Alertmanager's configuration for this machine has neither a password nor a certificate.
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    logger: false,
    onData(stream, session, done) {
      textOf(stream).then(
        (text) => {
          keep({ ...envelope(session), at: new Date(), text })
          done()
        },
        (error: Error) => done(error)
      )
    }
  })
  // A client that dies within a mail; that the port is taken is told by whoever listens.
  server.on('error', () => undefined)
  return server
}

function envelope({ envelope }: SMTPServerSession): Pick<Mail, 'from' | 'to'> {
  return {
    from: envelope.mailFrom === false ? '' : envelope.mailFrom.address,
    to: envelope.rcptTo.map(({ address }) => address)
  }
}

async function textOf(stream: IncomingMessage | SMTPServerDataStream): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}
