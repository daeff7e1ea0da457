/** What the purge script publishes. */
export interface PurgeMessage {
  readonly generation: string
  readonly epoch: number
  readonly marks: readonly string[]
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

/** Undefined for anything else: others may publish on the channel. */
export const parsePurgeMessage = (text: string): PurgeMessage | undefined => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!isRecord(value) || typeof value.generation !== 'string' || typeof value.epoch !== 'number')
    return undefined
  const marks = Array.isArray(value.marks) ? value.marks.filter((mark) => typeof mark === 'string') : []
  return { generation: value.generation, epoch: value.epoch, marks }
}
