/** THE list of what the gate loads. */
import { dashboard } from './dashboard.ts'
import { hitPath } from './hit-path.ts'
import { INJECTIONS } from './injections.ts'
import type { LocalSubject } from './subject.ts'
import { users } from './users.ts'

/** A page takes some 40 ms with so many orders: a block of a second holds two dozen. */
const ORDERS = 20_000

export const SUBJECTS: readonly LocalSubject[] = [
  hitPath,
  dashboard({ orders: ORDERS, seconds: 1 }),
  users({ orders: ORDERS, seconds: 8 })
]

export const SUBJECT_NAMES: readonly string[] = SUBJECTS.map(({ name }) => name)

/** Those on which the gate was proved: each can be slowed down on purpose. */
export const PROVED_NAMES: readonly string[] = SUBJECT_NAMES.filter((name) =>
  INJECTIONS.some(({ subject }) => subject === name)
)

/** @throws when there is none of this name */
export function subjectNamed(wanted: string): LocalSubject {
  const found = SUBJECTS.find(({ name }) => name === wanted)
  if (found === undefined)
    throw new Error(`the gate loads no "${wanted}"; it loads ${SUBJECT_NAMES.join(', ')}`)
  return found
}
