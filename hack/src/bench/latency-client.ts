/**
 * A client that asks for a new path at a constant rate over one connection, as a child process on the client's
 * processor. Arguments: URL, path prefix, requests a second, seconds. Prints the times in milliseconds as JSON.
 */
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

const [url = '', prefix = '', rate = '100', seconds = '1'] = process.argv.slice(2)
const { host, hostname, port } = new URL(url)

/** Asks once and waits for the whole answer. @throws when it is no 200 with a Content-Length */
const ask = (socket: Socket, path: string): Promise<void> =>
  new Promise((resolve, reject) => {
    let text = ''
    const done = (error?: Error) => {
      socket.off('data', onData).off('error', done).off('close', onClose)
      if (error) reject(error)
      else resolve()
    }
    const onClose = () => done(new Error('the connection was closed'))
    const onData = (piece: Buffer) => {
      text += piece.toString('latin1')
      const end = text.indexOf('\r\n\r\n')
      if (end < 0) return
      const length = /^content-length: *(\d+)/im.exec(text.slice(0, end))?.[1]
      if (!text.startsWith('HTTP/1.1 200 ') || length === undefined) done(new Error(text.slice(0, end)))
      else if (text.length >= end + 4 + Number(length)) done()
    }
    socket.on('data', onData).on('error', done).on('close', onClose)
    socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nAccept: */*\r\n\r\n`)
  })

const socket = connect({ host: hostname, port: Number(port), noDelay: true })
await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
const count = Number(rate) * Number(seconds)
const times: number[] = []
const start = performance.now()
for (let i = 0; i < count; i++) {
  const due = start + (i * 1000) / Number(rate)
  await sleep(Math.max(0, due - performance.now()))
  const sent = performance.now()
  await ask(socket, `${prefix}${i}`)
  times.push(performance.now() - sent)
}
socket.destroy()
process.stdout.write(JSON.stringify(times))
