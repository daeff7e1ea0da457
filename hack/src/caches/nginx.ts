/** nginx from Debian, in a folder of its own: needs no root. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { debianBundle } from '../debian-tool.ts'
import { resolveTool } from '../tools.ts'
import { startServer } from './server.ts'
import type { Cpu, Place, RunningServer } from './server.ts'

export interface NginxOptions {
  /** Names it in errors. @default nginx */
  readonly name?: string
  /** Directives of the `http` block, which has one `server` or more that listens on the port. */
  readonly http: (place: Place) => string
  /** With the Lua module and Debian's Lua libraries. @default 'Plain' */
  readonly modules?: 'Plain' | 'Lua'
  readonly cpu?: Cpu | undefined
}

const TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']

/** Starts one worker. */
export const startNginx = (options: NginxOptions): Promise<RunningServer> =>
  startServer({
    name: options.name ?? 'nginx',
    cpu: options.cpu,
    prepare: async (place) => {
      const command = await resolveTool('nginx')
      const conf = join(place.folder, 'nginx.conf')
      writeFileSync(conf, await configuration(options, place))
      return { command, args: ['-p', `${place.folder}/`, '-e', 'stderr', '-c', conf] }
    }
  })

async function configuration({ http, modules = 'Plain' }: NginxOptions, place: Place): Promise<string> {
  const root = await debianBundle('nginx')
  const lua = modules === 'Lua'
  const load = ['ndk_http_module', 'ngx_http_lua_module'].map(
    (name) => `load_module ${root}/usr/lib/nginx/modules/${name}.so;`
  )
  return [
    'daemon off;',
    'worker_processes 1;',
    // Ignored, with a warning, when it is not started as root.
    process.getuid?.() === 0 ? 'user root root;' : '',
    `pid ${place.folder}/nginx.pid;`,
    'error_log stderr error;',
    ...(lua ? load : []),
    'events { worker_connections 4096; }',
    'http {',
    ...TEMPORARY.map((name) => `${name}_temp_path ${place.folder}/${name};`),
    'default_type application/json;',
    'server_tokens off;',
    ...(lua ? [`lua_package_path "${root}/usr/share/lua/5.1/?.lua;;";`] : []),
    http(place),
    '}',
    ''
  ].join('\n')
}
