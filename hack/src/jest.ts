/** Runs Jest as a child process and reads its JSON report: the counts that `N passed, N failed` is made of. */
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { REPOSITORY } from './paths.ts'

export interface TestCounts {
  readonly passed: number
  /** Failed tests, plus one for each suite that could not run at all. */
  readonly failed: number
  /** Skipped or todo: counted as failures by the callers, since nothing skips silently here. */
  readonly skipped: number
}

interface JestReport {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly numTodoTests: number
  readonly numRuntimeErrorTestSuites: number
}

/** Runs Jest with the arguments given, printing its output as it comes. */
export async function runJest(args: readonly string[]): Promise<TestCounts> {
  const folder = await mkdtemp(join(tmpdir(), 'alexandrite-jest-'))
  const report = join(folder, 'report.json')
  try {
    const code = await spawnJest([...args, '--json', '--outputFile', report])
    return await readCounts(report, code)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function spawnJest(args: readonly string[]): Promise<number | null> {
  const jest = join(REPOSITORY, 'node_modules/jest/bin/jest.js')
  const child = spawn(process.execPath, ['--experimental-vm-modules', '--no-warnings', jest, ...args], {
    cwd: REPOSITORY,
    // Jest prints its progress on stderr; the JSON goes to the file.
    stdio: ['ignore', 'ignore', 'inherit']
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
}

async function readCounts(file: string, code: number | null): Promise<TestCounts> {
  const text = await readFile(file, 'utf8').catch(() => undefined)
  if (text === undefined) throw new Error(`jest ended with ${code ?? 'a signal'} before it wrote its report`)
  const report = JSON.parse(text) as JestReport
  const failed = report.numFailedTests + report.numRuntimeErrorTestSuites
  return {
    passed: report.numPassedTests,
    // Jest may fail for another reason than a test (a handle left open, a bad configuration).
    failed: failed === 0 && code !== 0 ? 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests
  }
}

/** The line that continuous integration reads. */
export function closingLine(counts: readonly TestCounts[]): string {
  const sum = (of: (c: TestCounts) => number) => counts.reduce((total, c) => total + of(c), 0)
  return `${sum((c) => c.passed)} passed, ${sum((c) => c.failed + c.skipped)} failed`
}

export function allPassed(counts: readonly TestCounts[]): boolean {
  return counts.every((c) => c.failed === 0 && c.skipped === 0 && c.passed > 0)
}
