/** Apache httpd from Debian, in a folder of its own: needs no root. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { debianBundle } from '../debian-tool.ts'
import { resolveTool } from '../tools.ts'
import { startServer } from './server.ts'
import type { Cpu, Place, RunningServer } from './server.ts'

export interface HttpdOptions {
  /** Modules besides those of a proxy that caches, such as cache_disk. */
  readonly modules: readonly string[]
  /** Directives of the server; `folder`/cache is there for a cache on disk. */
  readonly directives: (place: Place) => string
  readonly cpu?: Cpu | undefined
}

const MODULES = ['mpm_event', 'authz_core', 'proxy', 'proxy_http', 'cache']

/** Starts one process of many threads. */
export const startHttpd = ({ modules, directives, cpu }: HttpdOptions): Promise<RunningServer> =>
  startServer({
    name: 'httpd',
    cpu,
    prepare: async (place) => {
      const command = await resolveTool('apache2')
      const root = join(await debianBundle('httpd'), 'usr/lib/apache2/modules')
      const conf = join(place.folder, 'httpd.conf')
      const cache = join(place.folder, 'cache')
      mkdirSync(cache)
      chmodSync(cache, 0o777)
      const lines = [
        `ServerRoot ${place.folder}`,
        `ServerName 127.0.0.1`,
        `PidFile ${place.folder}/httpd.pid`,
        `DefaultRuntimeDir ${place.folder}`,
        `Listen 127.0.0.1:${place.port}`,
        ...[...MODULES, ...modules].map((name) => `LoadModule ${name}_module ${root}/mod_${name}.so`),
        // It refuses to serve as root.
        ...(process.getuid?.() === 0 ? ['User nobody', 'Group nogroup'] : []),
        'ErrorLog /dev/stderr',
        'LogLevel error',
        ...['ServerLimit 1', 'StartServers 1', 'ThreadLimit 256', 'ThreadsPerChild 256'],
        ...['MaxRequestWorkers 256', 'MinSpareThreads 1', 'MaxSpareThreads 256', 'MaxConnectionsPerChild 0'],
        ...['KeepAlive On', 'MaxKeepAliveRequests 0', 'KeepAliveTimeout 60'],
        directives(place),
        ''
      ]
      writeFileSync(conf, lines.join('\n'))
      return { command, args: ['-D', 'FOREGROUND', '-f', conf] }
    }
  })
