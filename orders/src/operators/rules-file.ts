/** Reads a rules file: YAML in, rules or a list of problems out, each naming its field and the mend. */
import { parseDocument } from 'yaml'
import { ORDER_STATES } from '../order.ts'
import { calendarOf } from './rules-calendar.ts'
import { Reader, recordOf } from './rules-reader.ts'
import { LEVELS } from './rules.ts'
import type { Deadline, OperatorRules, Telling } from './rules.ts'

/** The file is no rules file; `problems` says of each field what is wrong and how to mend it. */
export class RulesError extends Error {
  override readonly name = 'RulesError'
  readonly problems: readonly string[]

  constructor(file: string, problems: readonly string[]) {
    super(`${file} cannot be used:\n${problems.map((problem) => `  ${problem}`).join('\n')}`)
    this.problems = problems
  }
}

/** @throws RulesError with every problem that was found */
export function parseRules(text: string, file: string): OperatorRules {
  const document = parseDocument(text, { prettyErrors: true })
  if (document.errors.length > 0) {
    throw new RulesError(
      file,
      document.errors.map(({ message }) => `not YAML: ${message.split('\n')[0] ?? ''}`)
    )
  }
  const root = new Reader(document.toJS())
  const rules = rulesOf(root)
  if (root.problems.length > 0) throw new RulesError(file, root.problems)
  return rules
}

function rulesOf(root: Reader): OperatorRules {
  root.only(['calendar', 'states', 'promise', 'tell', 'digestSeconds'])
  return {
    calendar: calendarOf(root.at('calendar')),
    states: statesOf(root.at('states')),
    promise: promiseOf(root.at('promise')),
    tell: tellOf(root.at('tell')),
    digestSeconds: root.at('digestSeconds').number({ min: 0, max: 86_400, example: '60' })
  }
}

/** A state without an entry is a hole: whether its deadline was forgotten, nobody could tell. */
function statesOf(reader: Reader): OperatorRules['states'] {
  reader.only(ORDER_STATES)
  return recordOf(ORDER_STATES, (state) => {
    const entry = reader.at(state)
    if (entry.isMissing) entry.problem('is missing; give it a limit, or the word none')
    return entry.isMissing || entry.is('none') ? undefined : deadlineOf(entry)
  })
}

function deadlineOf(reader: Reader): Deadline {
  reader.only(['limit', 'dueSoon', 'escalateAfter'])
  const limitMs = reader.at('limit').duration()
  const fraction = reader.at('dueSoon').number({ min: 0, max: 1, example: '0.8' })
  return { limitMs, dueSoonMs: limitMs * fraction, escalateMs: escalation(reader) }
}

function promiseOf(reader: Reader): OperatorRules['promise'] {
  reader.only(['dueSoon', 'escalateAfter'])
  return { dueSoonMs: reader.at('dueSoon').duration(), escalateMs: escalation(reader) }
}

function escalation(reader: Reader): number | undefined {
  const entry = reader.at('escalateAfter')
  return entry.is('never') ? undefined : entry.duration()
}

function tellOf(reader: Reader): OperatorRules['tell'] {
  reader.only(LEVELS)
  return recordOf(LEVELS, (level): readonly Telling[] => reader.at(level).list().map(tellingOf))
}

function tellingOf(reader: Reader): Telling {
  reader.only(['channel', 'to'])
  return {
    channel: reader.at('channel').oneOf(['chat', 'email']),
    to: reader.at('to').matching(/^[a-z][a-z0-9-]*$/, 'a name such as operators; addresses are in TELL_…')
  }
}
