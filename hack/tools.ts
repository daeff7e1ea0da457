/** `node hack/tools.ts list | NAME…`: gets tools and prints their paths. */
import { cacheDir } from './src/paths.ts'
import { messageOf } from './src/run.ts'
import { findOnPath, isToolName, resolveTool, TOOLS } from './src/tools.ts'

const HELP = `Usage: node hack/tools.ts list | NAME...

Finds each tool on PATH in a fitting version, else unpacks it from Debian packages, else builds it from the Go
module registry, and prints its path. What is not on PATH lands in $ALEXANDRITE_CACHE, here ${cacheDir()}.
`

async function main(args: readonly string[]): Promise<number> {
  if (args.length === 0 || args.includes('--help') || args.includes('-h')) {
    process.stdout.write(HELP)
    return args.length === 0 ? 2 : 0
  }
  if (args[0] === 'list') return list()
  const unknown = args.filter((name) => !isToolName(name))
  if (unknown.length > 0) {
    process.stderr.write(`unknown tool ${unknown.join(', ')}; \`node hack/tools.ts list\` names them all\n`)
    return 2
  }
  for (const name of args.filter(isToolName)) process.stdout.write(`${await resolveTool(name)}\n`)
  return 0
}

async function list(): Promise<number> {
  for (const [name, tool] of Object.entries(TOOLS)) {
    const onPath = await findOnPath(name, tool)
    const source = tool.source.from === 'debian' ? 'Debian package, unpacked' : 'built from Go modules'
    process.stdout.write(`${name.padEnd(26)} ${onPath ?? source}\n`)
  }
  return 0
}

main(process.argv.slice(2)).then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    process.stderr.write(`${messageOf(error)}\n`)
    process.exitCode = 1
  }
)
