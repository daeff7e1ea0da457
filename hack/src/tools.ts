/**
 * One place that finds tools. The order: on PATH in a fitting version → Debian package, unpacked → built from
 * the Go module registry → an error that says what to install. The list is pins.ts.
 */
import { accessSync, constants } from 'node:fs'
import { dirname, join } from 'node:path'
import { debianTool } from './debian-tool.ts'
import { goTool } from './go-tool.ts'
import { TOOLS, type Tool, type ToolName } from './pins.ts'
import { messageOf, tryRun } from './run.ts'

export { TOOLS, type ToolName } from './pins.ts'

const resolved = new Map<ToolName, Promise<string>>()

export const isToolName = (name: string): name is ToolName => Object.hasOwn(TOOLS, name)

/**
 * Path of the tool's executable, or of a wrapper that sets what it needs. The first call may download or build;
 * safe under several calls and several processes at once. @throws a sentence that says what to install
 */
export function resolveTool(name: ToolName): Promise<string> {
  let path = resolved.get(name)
  if (!path) {
    path = find(name)
    resolved.set(name, path)
    // A failure is told to whoever asked; the next call tries again.
    path.catch(() => resolved.delete(name))
  }
  return path
}

/** Several tools, one after the other: builds would only slow each other down. */
export async function resolveTools<N extends ToolName>(names: readonly N[]): Promise<Record<N, string>> {
  const paths: Partial<Record<N, string>> = {}
  for (const name of names) paths[name] = await resolveTool(name)
  return paths as Record<N, string>
}

async function find(name: ToolName): Promise<string> {
  const tool: Tool = TOOLS[name]
  const onPath = await findOnPath(name, tool)
  if (onPath) return onPath
  try {
    return tool.source.from === 'debian'
      ? await debianTool(tool.source)
      : await goTool(name, tool.source, () => resolveTool('go'))
  } catch (error) {
    throw new Error(`${name} is missing: install ${tool.install}.\nGetting it failed: ${messageOf(error)}`, {
      cause: error
    })
  }
}

/** The first executable on PATH (and in the tool's usual folders) whose version fits. */
export async function findOnPath(
  name: string,
  tool: Tool,
  path: string = process.env.PATH ?? ''
): Promise<string | undefined> {
  const file = tool.source.from === 'debian' ? (tool.source.executable.split('/').at(-1) ?? name) : name
  // An ordinary user's PATH often lacks the sbin folders.
  const folders = tool.onlyIn ?? [...path.split(':'), '/usr/local/sbin', '/usr/sbin', '/sbin']
  for (const folder of new Set(folders)) {
    const candidate = join(folder, file)
    if (folder && isExecutable(candidate) && (await fits(candidate, tool))) return candidate
  }
  return undefined
}

async function fits(candidate: string, tool: Tool): Promise<boolean> {
  const complete = (tool.beside ?? []).every((file) => isExecutable(join(dirname(candidate), file)))
  if (!complete || !tool.version) return complete
  const answer = await tryRun(candidate, tool.version.args, { timeoutMs: 10_000 })
  const version = /\d+(?:\.\d+)+/.exec(answer ?? '')?.[0]
  if (!version) return false
  const { atLeast, below } = tool.version
  return compareVersions(version, atLeast) >= 0 && (!below || compareVersions(version, below) < 0)
}

/** Compares dotted numbers; a missing part counts as 0. */
export function compareVersions(left: string, right: string): number {
  const a = left.split('.').map(Number)
  const b = right.split('.').map(Number)
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
