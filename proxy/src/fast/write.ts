import type { Socket } from 'node:net'
import type { Bytes } from '@alexandrite/api'
import { WORD } from '../store/packed.ts'
import type { Slot } from '../store/slot.ts'

/** Bodies up to this size are copied behind their head, so that one write sends both. */
export const COPIED_BODY: Bytes = 16 * 1024
const SCRATCH_BYTES: Bytes = COPIED_BODY + 4096

/** What is written at once is put together here, for all connections. */
let scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES)

const putTogether = (all: Buffer, before: string, bytes: Buffer, after: string): Buffer => {
  all.write(before, 0, 'latin1')
  bytes.copy(all, before.length)
  if (after !== '') all.write(after, before.length + bytes.length, 'latin1')
  return all
}

/** One piece of memory for Latin-1 text, bytes and text: a single write sends them. */
export const joined = (before: string, bytes: Buffer, after = ''): Buffer =>
  putTogether(Buffer.allocUnsafe(before.length + bytes.length + after.length), before, bytes, after)

/** The kernel mostly takes all within the call; where a rest remains the memory is the socket's, and the next write has another. */
const writeScratch = (socket: Socket, bytes: Buffer): boolean => {
  const more = socket.write(bytes)
  if (socket.writableLength > 0) scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES)
  return more
}

/** Like joined and write, in memory that is used again. */
const writeFromScratch = (socket: Socket, before: string, bytes: Buffer, after: string): boolean => {
  const length = before.length + bytes.length + after.length
  return writeScratch(socket, putTogether(scratch.subarray(0, length), before, bytes, after))
}

const writeCopied = (socket: Socket, before: string, bytes: Buffer, after: string): boolean =>
  socket.writableLength === 0 && before.length + bytes.length + after.length <= SCRATCH_BYTES
    ? writeFromScratch(socket, before, bytes, after)
    : socket.write(joined(before, bytes, after))

/** Sends them at once, copied together when the bytes are few. False when the client is slow to take them. */
export const writeTogether = (socket: Socket, before: string, bytes: Buffer, after = ''): boolean => {
  if (bytes.length <= COPIED_BODY) return writeCopied(socket, before, bytes, after)
  socket.cork()
  socket.write(before, 'latin1')
  let more = socket.write(bytes)
  if (after !== '') more = socket.write(after, 'latin1')
  socket.uncork()
  return more
}

/** Sends a head with the empty line that ends it, and the body where there is to be one. */
export const writeAnswer = (socket: Socket, head: string, body: Buffer | undefined): boolean =>
  body ? writeTogether(socket, head, body) : socket.write(head, 'latin1')

/** As writeTogether, for bytes that are lent for the call. */
export const writeLent = (socket: Socket, before: string, lent: Buffer, after = ''): boolean => {
  if (lent.length <= COPIED_BODY) return writeCopied(socket, before, lent, after)
  const own = Buffer.from(lent)
  return before === '' && after === '' ? socket.write(own) : writeTogether(socket, before, own, after)
}

/** Room before a packed answer: its head moves there to make room for what is put behind it. */
const ROOM: Bytes = 1024

/** A stored answer that is not large, with `rest` between its head and its body. It holds for the moment. */
export const storedTogether = (slot: Slot, rest: string, headOnly = false): Buffer => {
  const headAt = slot.word(WORD.headAt)
  const bodyAt = slot.word(WORD.bodyAt)
  slot.copyTo(scratch, ROOM)
  const from = ROOM + headAt - rest.length
  scratch.copyWithin(from, ROOM + headAt, ROOM + bodyAt)
  scratch.write(rest, ROOM + bodyAt - rest.length, 'latin1')
  return scratch.subarray(from, ROOM + (headOnly ? bodyAt : slot.length))
}

/** Sends a stored answer as memory keeps it, with `rest` between its head and its body. */
export const writeStored = (socket: Socket, slot: Slot, rest: string, headOnly: boolean): boolean => {
  const { large } = slot
  if (large) {
    const bodyAt = slot.word(WORD.bodyAt)
    const head = large.toString('latin1', slot.word(WORD.headAt), bodyAt) + rest
    return writeAnswer(socket, head, headOnly ? undefined : large.subarray(bodyAt))
  }
  const bytes = storedTogether(slot, rest, headOnly)
  if (socket.writableLength > 0) return socket.write(Buffer.from(bytes))
  return writeScratch(socket, bytes)
}
