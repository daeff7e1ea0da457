/** What must be changed in packages of another age, so that they run in a bundle that is an ES module. */
import type { Plugin } from 'esbuild'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** As Babel left it: `fs.readFileSync(path.join(__dirname, './jaeger-idl/thrift/jaeger.thrift'), 'ascii')`. */
const READ_THRIFT = /\w+\.default\.readFileSync\(\w+\.default\.join\(__dirname, '([^']+)'\), 'ascii'\)/g

/** In a module, an assignment that does nothing (a function's name) is an error; Reflect.set then does nothing, too. */
const ASSIGN = 'target[key] = source[key]'
const SET = 'Reflect.set(target, key, source[key])'

function changed(path: string, before: RegExp | string, after: (file: string) => string): string {
  const source = readFileSync(path, 'utf8')
  const contents = source.replace(before, (_, file: string) => after(file))
  if (contents === source)
    throw new Error(`${path} is not as expected: look at hack/src/images/old-packages.ts`)
  return contents
}

/** jaeger-client reads its message definitions from files beside it; xtend is what its codec makes errors with. */
export const oldPackages: Plugin = {
  name: 'old-packages',
  setup: (build) => {
    build.onLoad({ filter: /\/jaeger-client\/dist\/src\/thrift\.js$/ }, ({ path }) => ({
      contents: changed(path, READ_THRIFT, (file) =>
        JSON.stringify(readFileSync(join(dirname(path), file), 'ascii'))
      )
    }))
    build.onLoad({ filter: /\/xtend\/mutable\.js$/ }, ({ path }) => ({
      contents: changed(path, ASSIGN, () => SET)
    }))
  }
}
