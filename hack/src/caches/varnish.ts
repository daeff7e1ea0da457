/** Varnish from Debian: needs neither root nor a C compiler of the machine's. */
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { debianBundle } from '../debian-tool.ts'
import { resolveTool } from '../tools.ts'
import { startServer } from './server.ts'
import type { Cpu, RunningServer } from './server.ts'

export interface VarnishOptions {
  /** Port of the application on 127.0.0.1. */
  readonly originPort: number
  /** VCL after the backend. @default Varnish's built-in policy alone */
  readonly vcl?: string
  /** Bound of the store in memory. @default 256m */
  readonly memory?: string
  /** Run-time parameters, by name. */
  readonly parameters?: Readonly<Record<string, string>>
  readonly cpu?: Cpu | undefined
}

export const startVarnish = ({
  originPort,
  vcl = '',
  memory = '256m',
  parameters = {},
  cpu
}: VarnishOptions): Promise<RunningServer> =>
  startServer({
    name: 'varnish',
    cpu,
    prepare: async ({ folder, port }) => {
      const command = await resolveTool('varnishd')
      const file = join(folder, 'default.vcl')
      const backend = `backend default { .host = "127.0.0.1"; .port = "${originPort}"; }`
      writeFileSync(file, `vcl 4.1;\n${backend}\n${vcl}\n`)
      const listen = ['-a', `127.0.0.1:${port}`, '-f', file, '-s', `malloc,${memory}`]
      const settings = Object.entries({ cc_command: await compiler(), ...parameters }).flatMap(
        ([name, value]) => ['-p', `${name}=${value}`]
      )
      // No second user to run as, and no shared log on disk beyond its folder.
      return { command, args: ['-j', 'none', '-F', '-n', join(folder, 'varnish'), ...listen, ...settings] }
    }
  })

/** tcc needs no headers and no linker of the machine's to compile what varnishd makes of VCL. */
async function compiler(): Promise<string> {
  const tcc = await resolveTool('tcc')
  const libraries = join(await debianBundle('varnish'), 'usr/lib')
  const own = readdirSync(libraries).find((folder) => folder.endsWith('-linux-gnu')) ?? ''
  return `exec ${tcc} -B${join(libraries, own, 'tcc')} -nostdlib -shared -o %o %s`
}
