import type { Problem } from './types.ts'

/** Which file and which panel, alert, rule or runbook uses a signal. */
export interface Where {
  /** Relative to the repository. */
  readonly file: string
  readonly item: string
}

/** One line for a person: file, item, signal, what is wrong and how to mend it. */
export const problemText = ({ file, item, signal, message }: Problem): string =>
  `${file}: ${item}: ${signal}: ${message}`
