/** Processor time of processes and their children in nanoseconds, from /proc: blocks of a second are too short for ticks. */
import { readdirSync, readFileSync } from 'node:fs'
import { codeOf } from '../run.ts'

export type Nanoseconds = number

/** Linux reports what ended children took in hundredths of a second (USER_HZ). */
const NANOS_PER_TICK = 10_000_000

interface Stat {
  readonly parent: number
  /** What its ended children took. */
  readonly ended: Nanoseconds
}

/** Reads /proc/PID/stat; the name in it may hold blanks and parentheses. */
export const parseFamily = (text: string): Stat => {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  // Fields 4, 16 and 17 of proc(5); the first of these is the third.
  return { parent: Number(fields[1]), ended: (Number(fields[13]) + Number(fields[14])) * NANOS_PER_TICK }
}

/** Empty when the process ended meanwhile. */
const contents = (file: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ESRCH') return ''
    throw error
  }
}

const tasks = (pid: number): string[] => {
  try {
    return readdirSync(`/proc/${pid}/task`)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return []
    throw error
  }
}

const ownTime = (pid: number): Nanoseconds =>
  tasks(pid)
    .map((task) => contents(`/proc/${pid}/task/${task}/schedstat`))
    .reduce((sum, text) => sum + Number(text.split(' ')[0] ?? 0), 0)

const families = (): Map<number, Stat> =>
  new Map(
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((name) => [Number(name), contents(`/proc/${name}/stat`)] as const)
      .flatMap(([pid, text]) => (text === '' ? [] : [[pid, parseFamily(text)] as const]))
  )

/**
 * What these processes, their children that live (PostgreSQL's connections) and those that ended (its parallel workers)
 * took of the processors so far.
 */
export const processorTime = (pids: readonly number[]): Nanoseconds => {
  const all = families()
  const members = [...all].filter(([pid, { parent }]) => pids.includes(pid) || pids.includes(parent))
  return members.reduce((sum, [pid, { ended }]) => sum + ownTime(pid) + ended, 0)
}
