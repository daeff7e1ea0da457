/** The command line as a person uses it, within this process. */
import { createProgram } from '@alexandrite/cli/program'

/** What is typed after `alexandrite`; the lines that it prints. @throws when the command fails */
export async function typed(...words: readonly string[]): Promise<string[]> {
  const lines: string[] = []
  const output = {
    out: (line: string) => void lines.push(line),
    err: () => undefined,
    paint: (_: string, text: string) => text
  }
  await createProgram(output).parseAsync([...words], { from: 'user' })
  return lines
}
