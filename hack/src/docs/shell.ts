/** The command lines of a document: of its blocks in the language sh, and of code within its sentences. */

export interface Command {
  /** The first line of the document is 1. */
  readonly line: number
  /** As the shell passes them on, the program first. Variables stand as they are written. */
  readonly words: readonly string[]
  /** A line to be typed, or a mention in a sentence, which may be a part of one. */
  readonly place: 'Block' | 'Sentence'
}

interface Code {
  readonly line: number
  readonly text: string
  readonly place: Command['place']
}

const SHELLS = new Set(['sh', 'bash', 'shell', 'console'])
const FENCE = /^\s*```(\w*)/

/** All commands of a Markdown document, in their order within blocks and then within sentences. */
export function commandsIn(markdown: string): Command[] {
  const { blocks, sentences } = separated(markdown.split('\n'))
  return [...blocks, ...codeInSentences(sentences)].flatMap(({ line, text, place }) =>
    shellCommands(text).map((command) => ({ line: line + command.line, words: command.words, place }))
  )
}

/** The shell's blocks, and the document with all blocks blanked. */
function separated(lines: readonly string[]): { blocks: Code[]; sentences: string } {
  const blocks: Code[] = []
  let open: { readonly line: number; readonly shell: boolean; readonly lines: string[] } | undefined
  const sentences = lines.map((text, index) => {
    const fence = FENCE.exec(text)
    if (fence && open) {
      if (open.shell) blocks.push({ line: open.line, text: open.lines.join('\n'), place: 'Block' })
      open = undefined
    } else if (fence) open = { line: index + 2, shell: SHELLS.has(fence[1] ?? ''), lines: [] }
    else if (open) open.lines.push(text)
    return fence || open ? '' : text
  })
  return { blocks, sentences: sentences.join('\n') }
}

/** Code spans go on over the end of a line, never over an empty line (CommonMark 0.31 §6.1). */
const codeInSentences = (text: string): Code[] =>
  [...text.matchAll(/(?<!`)`((?:[^`\n]|\n(?!\s*\n))+)`(?!`)/g)].map(({ 1: code = '', index }) => ({
    line: text.slice(0, index).split('\n').length,
    text: code.replaceAll('\n', ' ').replaceAll('\\|', '|'),
    place: 'Sentence'
  }))

interface Typed {
  /** Lines after the first. */
  readonly line: number
  readonly words: readonly string[]
}

/** What a piece of the shell's language is; the first that fits counts. */
const PIECES = [
  ['Continued', /\\\n/y],
  ['Blank', /[^\S\n]+/y],
  ['Comment', /#[^\n]*/y],
  // Without blanks around it, documents mean "one of these": install|status|remove.
  ['Either', /\|(?=[^\s|])/y],
  ['End', /\n|&&|\|\||[;&|]/y],
  ['Single', /'([^']*)'/y],
  ['Double', /"((?:[^"\\]|\\[^])*)"/y],
  ['Nested', /\$\(((?:[^()]|\([^()]*\))*)\)/y],
  ['Escaped', /\\([^])/y],
  ['Plain', /[^\s'"\\;&|#$]+|[^]/y]
] as const

type Kind = (typeof PIECES)[number][0]

interface Piece {
  readonly kind: Kind
  /** All of it. */
  readonly raw: string
  /** Without quotes. */
  readonly text: string
}

function pieceAt(text: string, at: number, inWord: boolean): Piece {
  for (const [kind, pattern] of PIECES) {
    if ((kind === 'Comment' && inWord) || (kind === 'Either' && !inWord)) continue
    pattern.lastIndex = at
    const found = pattern.exec(text)
    if (found) return { kind, raw: found[0], text: found[1] ?? found[0] }
  }
  throw new Error(`no piece of the shell's language begins at ${at} of: ${text}`)
}

/** Commands of a text of the shell's language; those within $(…) come before what they are a part of. */
export function shellCommands(text: string): Typed[] {
  const reader = new Reader()
  for (let at = 0; at < text.length;) {
    const piece = pieceAt(text, at, reader.inWord)
    reader.take(piece)
    at += piece.raw.length
  }
  return reader.end()
}

class Reader {
  readonly #commands: Typed[] = []
  #words: string[] = []
  #word: string | undefined
  #line = 0
  /** Of the command's first word. */
  #began = 0

  get inWord(): boolean {
    return this.#word !== undefined
  }

  take(piece: Piece): void {
    if (piece.kind === 'Blank' || piece.kind === 'Continued') this.#endWord()
    else if (piece.kind === 'End') this.#endCommand()
    else if (piece.kind !== 'Comment') this.#append(piece)
    this.#line += piece.raw.split('\n').length - 1
  }

  end(): Typed[] {
    this.#endCommand()
    return this.#commands
  }

  #append({ kind, raw, text }: Piece): void {
    if (this.#word === undefined && this.#words.length === 0) this.#began = this.#line
    this.#word = (this.#word ?? '') + (kind === 'Nested' ? raw : text)
    const inner = kind === 'Nested' ? [text] : kind === 'Double' ? substitutionsIn(text) : []
    for (const code of inner)
      this.#commands.push(
        ...shellCommands(code).map(({ line, words }) => ({ line: this.#line + line, words }))
      )
  }

  #endWord(): void {
    if (this.#word !== undefined) this.#words.push(this.#word)
    this.#word = undefined
  }

  #endCommand(): void {
    this.#endWord()
    const words = meantOf(this.#words)
    if (words.length > 0) this.#commands.push({ line: this.#began, words })
    this.#words = []
  }
}

const substitutionsIn = (text: string): string[] =>
  [...text.matchAll(/\$\(((?:[^()]|\([^()]*\))*)\)/g)].map(([, inner = '']) => inner)

/** Without variables that are set for the command, what documents leave out (…) and what they call optional. */
function meantOf(words: readonly string[]): readonly string[] {
  const first = words.findIndex((word) => !/^[A-Za-z_]\w*=/.test(word))
  if (first === -1) return []
  return words.slice(first).filter((word) => word !== '…' && !/^\[.*\]$/.test(word))
}
