#!/usr/bin/env node
/**
 * Starts the command line with a Node that runs TypeScript (22.18 or newer): the running one, else the one that
 * npm installed beside this package.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const NEEDED = [22, 18]
const here = dirname(fileURLToPath(import.meta.url))
const [major, minor] = process.versions.node.split('.').map(Number)

if (major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1])) {
  await import('../src/main.ts')
} else {
  runWith(findNode(here))
}

/** The nearest node_modules/.bin/node, from this folder upwards. */
function findNode(folder) {
  const candidate = join(folder, 'node_modules', '.bin', 'node')
  if (existsSync(candidate)) return candidate
  return dirname(folder) === folder ? undefined : findNode(dirname(folder))
}

function runWith(node) {
  if (node === undefined) {
    console.error(
      `alexandrite: Node ${NEEDED.join('.')} or newer is needed, this is ${process.versions.node}: run npm install in the repository, or put a newer node on PATH`
    )
    process.exitCode = 2
    return
  }
  const child = spawn(node, [join(here, '../src/main.ts'), ...process.argv.slice(2)], { stdio: 'inherit' })
  child.on('error', (error) => {
    console.error(`alexandrite: cannot start ${node}: ${error.message}`)
    process.exitCode = 2
  })
  // A terminal sends Ctrl-C to both; a signal to this process alone is passed on.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
    })
  }
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === null ? 2 : 1)
  })
}
