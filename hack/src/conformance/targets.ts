/** What the suite runs against: our three modes, and the peers as they are set up for it. */
import { startTier } from '@alexandrite/proxy'
import type { TierOptions } from '@alexandrite/proxy'
import { pino } from 'pino'
import { startHttpd } from '../caches/httpd.ts'
import { startNginx } from '../caches/nginx.ts'
import { startVarnish } from '../caches/varnish.ts'
import { startRedis } from '../redis.ts'
import type { Target } from './modes.ts'
import type { RunningCache } from './suite-run.ts'

type StartCache = (originPort: number) => Promise<RunningCache>

const tier = async (originPort: number, options: Partial<TierOptions> = {}): Promise<RunningCache> => {
  const running = await startTier({
    listen: '127.0.0.1:0',
    origin: `http://127.0.0.1:${originPort}`,
    log: pino({ level: 'silent' }),
    ...options
  })
  return { bases: [`http://127.0.0.1:${running.listen.port}`], stop: () => running.close() }
}

/** Stops all, also when one of them fails to. */
const together = (caches: readonly RunningCache[], also: () => Promise<void>): RunningCache => ({
  bases: caches.flatMap(({ bases }) => bases),
  stop: async () => {
    await Promise.allSettled(caches.map((cache) => cache.stop()))
    await also()
  }
})

const fromRedis: StartCache = async (originPort) => {
  const redis = await startRedis()
  const pod = (name: string) => tier(originPort, { redisUrl: redis.url, memoryBytes: 0, pod: name })
  const pods = await Promise.allSettled([pod('one'), pod('other')])
  const running = together(
    pods.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])),
    () => redis.stop()
  )
  const failed = pods.find((result) => result.status === 'rejected')
  if (failed === undefined) return running
  await running.stop()
  throw failed.reason
}

/** As the suite's own image sets it up. */
const nginx: StartCache = async (originPort) => {
  const server = await startNginx({
    http: ({ folder, port }) => `
      access_log off;
      proxy_cache_path ${folder}/cache levels=1:2 keys_zone=suite:8m max_size=1000m inactive=600m;
      server {
        listen 127.0.0.1:${port};
        location / {
          proxy_pass http://127.0.0.1:${originPort};
          proxy_cache suite;
          proxy_cache_revalidate on;
        }
      }`
  })
  return { bases: [server.url], stop: () => server.stop() }
}

/** Without its own lifetime of 120 s and its own grace, which break rules and hide what else it can. */
const varnish: StartCache = async (originPort) => {
  const parameters = { default_ttl: '0', default_grace: '0', default_keep: '3600' }
  const server = await startVarnish({ originPort, parameters })
  return { bases: [server.url], stop: () => server.stop() }
}

/** As the suite's own image sets it up. */
const httpd: StartCache = async (originPort) => {
  const server = await startHttpd({
    modules: ['cache_disk'],
    directives: ({ folder }) => `
      ProxyPass / http://127.0.0.1:${originPort}/
      CacheEnable disk /
      CacheRoot ${folder}/cache
      CacheDefaultExpire 0
      CacheIgnoreNoLastMod On
      CacheStoreExpired On
      CacheHeader On
      CacheDetailHeader On`
  })
  return { bases: [server.url], stop: () => server.stop() }
}

export const startTarget: Readonly<Record<Target, StartCache>> = {
  slow: (originPort) => tier(originPort, { fastPath: 'Off' }),
  fast: (originPort) => tier(originPort),
  redis: fromRedis,
  httpd,
  Varnish: varnish,
  nginx
}
