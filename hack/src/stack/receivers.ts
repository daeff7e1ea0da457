/** Where Alertmanager sends on this machine: webhooks that keep what they were told, and a real SMTP server. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo, Server } from 'node:net'
import { SMTPServer } from 'smtp-server'
import type { SMTPServerDataStream, SMTPServerSession } from 'smtp-server'
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

export interface Mail {
  readonly from: string
  readonly to: readonly string[]
  readonly at: Date
  /** Headers and body, as they were sent. */
  readonly text: string
}

export interface Receivers {
  /** Base URL of the webhooks; any path below it is one. */
  readonly webhookUrl: string
  /** HOST:PORT of the SMTP server; it takes mail to anyone and passes none on. */
  readonly smarthost: string
  /** What came so far, oldest first. */
  readonly received: readonly Received[]
  readonly mails: readonly Mail[]
  stop(): Promise<void>
}

export interface ReceiverOptions {
  /** Told of each notification and mail as it comes. */
  readonly onReceived?: (received: Received) => void
  readonly onMail?: (mail: Mail) => void
}

/** Starts both on free ports of 127.0.0.1. */
export async function startReceivers(options: ReceiverOptions = {}): Promise<Receivers> {
  const received: Received[] = []
  const mails: Mail[] = []
  const webhooks = createServer((request, response) => {
    void take(request, response, (one) => {
      received.push(one)
      options.onReceived?.(one)
    })
  })
  const smtp = mailServer((mail) => {
    mails.push(mail)
    options.onMail?.(mail)
  })
  return {
    webhookUrl: `http://${await listening(webhooks.listen(0, '127.0.0.1'))}`,
    smarthost: await listening(smtp.listen(0, '127.0.0.1')),
    received,
    mails,
    async stop() {
      const closed = [once(webhooks, 'close'), new Promise<void>((resolve) => smtp.close(resolve))]
      webhooks.close()
      webhooks.closeAllConnections()
      await Promise.all(closed)
    }
  }
}

/** HOST:PORT of a server once it listens. */
async function listening(server: Server): Promise<string> {
  if (!server.listening) await once(server, 'listening')
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function take(
  request: IncomingMessage,
  response: ServerResponse,
  keep: (received: Received) => void
): Promise<void> {
  try {
    const notification = JSON.parse(await textOf(request)) as Notification
    keep({ path: request.url ?? '/', at: new Date(), notification })
    response.writeHead(204).end()
  } catch {
    response.writeHead(400).end('expected a notification of Alertmanager as JSON\n')
  }
}

function mailServer(keep: (mail: Mail) => void): SMTPServer {
  return new SMTPServer({
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
