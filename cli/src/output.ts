import { styleText } from 'node:util'

/** Where a command writes: results to `out`, everything else to `err`. */
export interface Output {
  /** One line of the result. */
  out(line: string): void
  /** One line of news or complaint. */
  err(line: string): void
  /** Paints text for standard output, when it is a terminal that wants colours. */
  paint(style: Style, text: string): string
}

export type Style = 'red' | 'green' | 'yellow' | 'cyan' | 'bold' | 'dim'

/** The process's own streams. styleText obeys NO_COLOR, FORCE_COLOR and whether the stream is a terminal. */
export const processOutput: Output = {
  out: (line) => void process.stdout.write(`${line}\n`),
  err: (line) => void process.stderr.write(`${line}\n`),
  paint: (style, text) => styleText(style, text, { stream: process.stdout, validateStream: true })
}

/** Rows as columns that line up, two spaces apart; the last column is not padded. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = []
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length)
  }
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  )
}
