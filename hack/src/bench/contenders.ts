/** What is compared, each set up for speed on one processor with its log on. */
import { startHttpd } from '../caches/httpd.ts'
import { startNginx } from '../caches/nginx.ts'
import type { Place } from '../caches/server.ts'
import { startVarnish } from '../caches/varnish.ts'
import { startRedis } from '../redis.ts'
import type { Cores } from './cpus.ts'
import { pin } from './cpus.ts'
import { startTierProcess } from './tier.ts'
import type { TierSetup } from './tier.ts'

/** What every row has around the caches. */
export interface Surroundings {
  readonly cores: Cores
  readonly originPort: number
  readonly otlpUrl: string
  /** The proxy's bundle. */
  readonly bundle: string
}

export interface Contender {
  /** http://127.0.0.1:PORT */
  readonly url: string
  /** Leaders of its process groups: with its store, if it has one. */
  readonly groups: readonly number[]
  stop(): Promise<void>
}

export type Start = (around: Surroundings) => Promise<Contender>

/** Enough for every row but that of a million keys: Varnish's and ours. */
const MEMORY = '256m'
const TIER_MEMORY = '256Mi'

const KEEP_ALIVE = 'keepalive_requests 1000000000; keepalive_timeout 600;'

const upstream = (originPort: number): string => `
  upstream origin {
    server 127.0.0.1:${originPort};
    keepalive 128;
    keepalive_requests 1000000000;
  }`

const PROXY = 'proxy_http_version 1.1; proxy_set_header Connection "";'

const single = (server: { url: string; pid: number; stop(): Promise<void> }): Contender => ({
  url: server.url,
  groups: [server.pid],
  stop: () => server.stop()
})

const tierSetup = ({ bundle, originPort, otlpUrl, cores }: Surroundings): TierSetup => ({
  bundle,
  otlpUrl,
  originUrl: `http://127.0.0.1:${originPort}`,
  cpu: cores.server
})

export const tier =
  (options: Partial<TierSetup> = {}): Start =>
  async (around) =>
    single(await startTierProcess({ ...tierSetup(around), memory: TIER_MEMORY, ...options }))

const accessLog = ({ folder }: Place) => `access_log ${folder}/access.log combined buffer=64k flush=1s;`

/** `proxy_cache`. @param directives more of the server block's */
export const nginx =
  (log: (place: Place) => string = accessLog, directives = ''): Start =>
  async ({ cores, originPort }) =>
    single(
      await startNginx({
        cpu: cores.server,
        http: (place) => `
  ${log(place)}
  ${KEEP_ALIVE}
  sendfile on; tcp_nopush on;
  proxy_cache_path ${place.folder}/cache levels=1:2 keys_zone=bench:64m max_size=4g inactive=60m use_temp_path=off;
  ${upstream(originPort)}
  server {
    listen 127.0.0.1:${place.port} backlog=4096;
    ${directives}
    location / { proxy_pass http://origin; ${PROXY} proxy_cache bench; }
  }`
      })
    )

export const nginxWithoutLog: Start = nginx(() => 'access_log off;')
export const nginxWithOpenFiles: Start = nginx(
  accessLog,
  'open_file_cache max=10000 inactive=60m; open_file_cache_valid 60m;'
)

export const varnish: Start = async ({ cores, originPort }) =>
  single(await startVarnish({ originPort, memory: MEMORY, cpu: cores.server }))

export const httpd: Start = async ({ cores, originPort }) =>
  single(
    await startHttpd({
      cpu: cores.server,
      modules: ['cache_disk'],
      directives: ({ folder }) => `
        ListenBacklog 4096
        LogFormat "%h %l %u %t \\"%r\\" %>s %O \\"%{Referer}i\\" \\"%{User-Agent}i\\"" combined
        CustomLog ${folder}/access.log combined
        BufferedLogs On
        ProxyPass / http://127.0.0.1:${originPort}/
        CacheEnable disk /
        CacheRoot ${folder}/cache
        CacheLock On
        CacheLockPath ${folder}/cache/locks`
    })
  )

/** A Redis on the server's processor, reached by its socket. */
async function ownRedis(cores: Cores) {
  const redis = await startRedis({ maxMemory: '256mb' })
  await pin(redis.pid, cores.server).catch(async (error: unknown) => {
    await redis.stop()
    throw error
  })
  return redis
}

/** A cache and its Redis: measured together. */
const withRedis =
  (
    start: (
      around: Surroundings,
      socket: string
    ) => Promise<{ url: string; pid: number; stop(): Promise<void> }>
  ): Start =>
  async (around) => {
    const redis = await ownRedis(around.cores)
    try {
      const server = await start(around, redis.socket)
      const stop = async () => {
        await server.stop()
        await redis.stop()
      }
      return { url: server.url, groups: [server.pid, redis.pid], stop }
    } catch (error) {
      await redis.stop()
      throw error
    }
  }

/** Nothing in memory: each hit is read from Redis. */
export const tierFromRedis: Start = withRedis((around, socket) =>
  startTierProcess({ ...tierSetup(around), memory: '0', redisUrl: `unix://${socket}` })
)

/** The least that a Lua cache on Redis does: the body under its path, without headers, Vary or validation. */
const LUA = (socket: string): string => `
      local redis = require("nginx.redis"):new()
      redis:set_timeout(1000)
      assert(redis:connect("unix:${socket}"))
      local key = ngx.var.request_uri
      local body = redis:get(key)
      if body == ngx.null then
        body = ngx.location.capture("/origin" .. key).body
        redis:set(key, body, "EX", 86400)
      end
      redis:set_keepalive(60000, 256)
      ngx.header["Content-Type"] = "application/json"
      ngx.header["Content-Length"] = #body
      ngx.print(body)`

export const nginxLuaFromRedis: Start = withRedis(({ cores, originPort }, socket) =>
  startNginx({
    name: 'nginx-lua',
    modules: 'Lua',
    cpu: cores.server,
    http: (place) => `
  ${accessLog(place)}
  ${KEEP_ALIVE}
  ${upstream(originPort)}
  server {
    listen 127.0.0.1:${place.port} backlog=4096;
    location / { content_by_lua_block {${LUA(socket)}
    } }
    location /origin/ { internal; proxy_pass http://origin/; ${PROXY} }
  }`
  })
)
