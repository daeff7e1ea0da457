import type { Socket } from 'node:net'
import type { Bytes } from '@alexandrite/api'

/** Bodies up to this size are copied behind their head, so that one write sends both. */
export const COPIED_BODY: Bytes = 16 * 1024

/** One piece of memory for Latin-1 text, bytes and text: a single write sends them. */
export const joined = (before: string, bytes: Buffer, after = ''): Buffer => {
  const all = Buffer.allocUnsafe(before.length + bytes.length + after.length)
  all.write(before, 0, 'latin1')
  bytes.copy(all, before.length)
  if (after !== '') all.write(after, before.length + bytes.length, 'latin1')
  return all
}

/** Sends them at once, copied together when the bytes are few. False when the client is slow to take them. */
export const writeTogether = (socket: Socket, before: string, bytes: Buffer, after = ''): boolean => {
  if (bytes.length <= COPIED_BODY) return socket.write(joined(before, bytes, after))
  socket.cork()
  socket.write(before, 'latin1')
  let more = socket.write(bytes)
  if (after !== '') more = socket.write(after, 'latin1')
  socket.uncork()
  return more
}
