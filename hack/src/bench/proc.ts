/** CPU time and memory of processes, from /proc. */
import { readdirSync, readFileSync } from 'node:fs'

export type Microseconds = number
export type Mebibytes = number

/** Linux reports times in hundredths of a second (USER_HZ). */
const MICROS_PER_TICK = 10_000
const KIB_PER_MIB = 1024

export interface ProcessStat {
  readonly group: number
  readonly cpu: Microseconds
}

/** Reads /proc/PID/stat; the name in it may hold blanks and parentheses. */
export const parseStat = (text: string): ProcessStat => {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  // Fields 5, 14 and 15 of proc(5); the first of these is the third.
  const ticks = Number(fields[11]) + Number(fields[12])
  return { group: Number(fields[2]), cpu: ticks * MICROS_PER_TICK }
}

const readOrEmpty = (file: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    // It ended between the listing and now.
    return ''
  }
}

const inGroups = (groups: readonly number[]): { pid: string; stat: ProcessStat }[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => ({ pid, text: readOrEmpty(`/proc/${pid}/stat`) }))
    .filter(({ text }) => text !== '')
    .map(({ pid, text }) => ({ pid, stat: parseStat(text) }))
    .filter(({ stat }) => groups.includes(stat.group))

/** CPU time that all processes of these groups took so far, in user and kernel mode. */
export const cpuOf = (groups: readonly number[]): Microseconds =>
  inGroups(groups).reduce((sum, { stat }) => sum + stat.cpu, 0)

/** Resident memory of all processes of these groups; what they share counts for each. */
export const residentOf = (groups: readonly number[]): Mebibytes =>
  inGroups(groups)
    .map(({ pid }) => /^VmRSS:\s*(\d+) kB/m.exec(readOrEmpty(`/proc/${pid}/status`))?.[1])
    .reduce((sum, kib) => sum + Number(kib ?? 0) / KIB_PER_MIB, 0)
