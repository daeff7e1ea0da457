/** The application behind the caches: a small nginx with static answers, on the client's processor. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startNginx } from '../caches/nginx.ts'
import type { Cpu } from '../caches/server.ts'
import { freePort } from '../ports.ts'

export interface RunningOrigin {
  readonly port: number
  readonly url: string
  /** Requests that it answered so far, for the caches and for anyone. */
  requests(): Promise<number>
  stop(): Promise<void>
}

const SIZES = { k: 2048, large: 65_536, small: 100, private: 2048 } as const

/**
 * Any path below /k/ has 2 KB, below /large/ 64 KB, below /small/ 100 bytes, all fresh for a day; below /private/
 * it has 2 KB that may not be stored. A POST to any of them gives 204.
 */
export async function startOrigin(cpu: Cpu): Promise<RunningOrigin> {
  const statusPort = await freePort()
  const location = (name: keyof typeof SIZES): string => `
      location /${name}/ {
        if ($request_method = POST) { return 204; }
        add_header Cache-Control "${name === 'private' ? 'no-store' : 'public, max-age=86400'}";
        try_files /${name} =404;
      }`
  const server = await startNginx({
    name: 'origin',
    cpu,
    http: ({ folder, port }) => {
      writeBodies(folder)
      return `
    access_log off;
    keepalive_requests 1000000000;
    keepalive_timeout 600;
    open_file_cache max=100;
    open_file_cache_valid 600;
    server {
      listen 127.0.0.1:${port} backlog=4096;
      root ${folder}/bodies;${(Object.keys(SIZES) as (keyof typeof SIZES)[]).map(location).join('')}
    }
    server {
      listen 127.0.0.1:${statusPort};
      location / { stub_status; }
    }`
    }
  })
  return {
    port: server.port,
    url: server.url,
    requests: () => requestsIn(`http://127.0.0.1:${statusPort}/`),
    stop: () => server.stop()
  }
}

function writeBodies(folder: string): void {
  const bodies = join(folder, 'bodies')
  mkdirSync(bodies)
  for (const [name, size] of Object.entries(SIZES)) {
    writeFileSync(join(bodies, name), `{"order":"${'x'.repeat(size - '{"order":""}'.length)}"}`)
  }
}

/** stub_status counts itself, too: what matters are differences. */
async function requestsIn(url: string): Promise<number> {
  const text = await (await fetch(url)).text()
  return Number(/^\s*\d+ \d+ (\d+)\s*$/m.exec(text)?.[1])
}
