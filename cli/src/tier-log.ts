import type { Logger } from 'pino'
import pino from 'pino'
import { usageError } from './errors.ts'

const LEVEL_VARIABLE = 'ALEXANDRITE_LOG_LEVEL'
const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent']

/**
 * Log of a tier in a terminal: warnings and errors as lines on standard error. ALEXANDRITE_LOG_LEVEL asks for
 * more or less of it.
 */
export function tierLog(tier: string): Logger {
  const level = process.env[LEVEL_VARIABLE] ?? 'warn'
  if (!LEVELS.includes(level))
    throw usageError(`${LEVEL_VARIABLE} is "${level}"; write one of ${LEVELS.join(', ')}`)
  const options = {
    level,
    base: null,
    timestamp: false,
    formatters: { level: (label: string) => ({ level: label }) }
  }
  return pino(options, { write: (line) => void process.stderr.write(`tier ${tier}: ${logLine(line)}\n`) })
}

/** `warn: the message (name=value, …)` of pino's JSON. */
export function logLine(json: string): string {
  const { level, msg, ...rest } = JSON.parse(json) as Record<string, unknown>
  const details = Object.entries(rest).map(([name, value]) => `${name}=${detail(value)}`)
  return `${text(level)}: ${text(msg)}${details.length === 0 ? '' : ` (${details.join(', ')})`}`
}

/** Of an error its sentence; the stack is for debuggers. */
function detail(value: unknown): string {
  const message = typeof value === 'object' && value !== null && 'message' in value ? value.message : value
  return text(message)
}

const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))
