/** A guide of docs/ as a person follows it: its commands, and what it says that they print. */

export interface GuideStep {
  /** The heading that it stands under. */
  readonly heading: string
  readonly commands: string
  /** What the guide says that they print; undefined: it does not say. */
  readonly prints: string | undefined
}

interface Block {
  readonly language: string
  readonly heading: string
  readonly text: string
}

const PARTS = /^## (?<heading>.+)$|^```(?<language>\w+)\n(?<text>[\s\S]*?)^```$/gm

/** Its fenced blocks. A block of `text` is what the block of `sh` before it prints. */
export function stepsOf(markdown: string): GuideStep[] {
  const blocks: Block[] = []
  let under = ''
  for (const { groups = {} } of markdown.matchAll(PARTS)) {
    const { heading, language = '', text = '' } = groups
    under = heading ?? under
    if (heading === undefined) blocks.push({ language, heading: under, text: text.trimEnd() })
  }
  return blocks.flatMap(({ language, heading, text }, at) => {
    const next = blocks[at + 1]
    if (language !== 'sh') return []
    return [{ heading, commands: text, prints: next?.language === 'text' ? next.text : undefined }]
  })
}

/** Whether the commands are to be filled in first. */
export const isToFillIn = ({ commands }: GuideStep): boolean => commands.includes('…')

/** The names in a block of `export NAME=…`. */
export const namesToFillIn = ({ commands }: GuideStep): string[] =>
  [...commands.matchAll(/\b([A-Z_]+)=…/g)].map(([, name = '']) => name)

/** The lines that change what later commands are told. */
export const exportsOf = ({ commands }: GuideStep): string[] =>
  commands.split('\n').filter((line) => line.startsWith('export '))

/** What is printed, but for its numbers: they are of another day and another machine. */
export const withoutNumbers = (text: string): string => text.trimEnd().replaceAll(/\d+(?:\.\d+)?/g, '0')

/** What is typed after `alexandrite`, without the values of options, which are everyone's own. */
export const shapeOf = (words: readonly string[]): string =>
  words.map((word, at) => (words[at - 1]?.startsWith('--') === true ? '…' : word)).join(' ')

/** Each command line of `alexandrite` in the guide, as its shape. */
export const shapesOf = (steps: readonly GuideStep[]): string[] =>
  steps.flatMap(({ commands }) =>
    [...commands.matchAll(/^alexandrite (.+)$/gm)].map(([, line = '']) => shapeOf(line.split(/\s+/)))
  )
