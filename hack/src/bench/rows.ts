/** THE list of rows: what is asked for, and of whom. */
import {
  httpd,
  nginx,
  nginxLuaFromRedis,
  nginxWithOpenFiles,
  nginxWithoutLog,
  tier,
  tierFromRedis,
  varnish
} from './contenders.ts'
import type { Start } from './contenders.ts'
import type { LoadRow } from './load-row.ts'
import { cyclingKeys, someNewKeys } from './scripts.ts'

/** Name of the contender that the others are compared with, in the rows that have it. */
export const OURS = 'Alexandrite'
export const BASE = 'nginx'

const ALL: Readonly<Record<string, Start>> = {
  [OURS]: tier(),
  [BASE]: nginx(),
  Varnish: varnish,
  'Apache httpd': httpd
}

const HITS = [0, 0.01] as const

export const LOAD_ROWS = {
  'hits-2k': {
    title: '2 KB hits, 64 connections',
    path: '/k/1',
    originShare: HITS,
    contenders: {
      ...ALL,
      [`${OURS}, access log of all`]: tier({ accessLog: 'all' }),
      'nginx, open_file_cache': nginxWithOpenFiles,
      'nginx, no access log': nginxWithoutLog
    }
  },
  'hits-64k': { title: '64 KB hits', path: '/large/1', originShare: HITS, contenders: ALL },
  'keys-1000': {
    title: '2 KB hits over 1,000 keys',
    path: '/k/1',
    script: () => cyclingKeys(1000),
    originShare: HITS,
    contenders: ALL
  },
  'writes-1': {
    title: '1,000 keys, 1 % writes',
    path: '/k/1',
    script: () => cyclingKeys(1000, 100),
    originShare: [0.009, 0.05],
    contenders: ALL
  },
  'misses-10': {
    title: '2 KB, 10 % misses',
    path: '/k/1',
    script: (salt) => someNewKeys(10, salt),
    originShare: [0.09, 0.12],
    contenders: ALL
  },
  'no-keep-alive': {
    title: '2 KB hits, a connection each',
    path: '/k/1',
    headers: ['Connection: close'],
    originShare: HITS,
    contenders: ALL
  },
  redis: {
    title: '2 KB hits from Redis',
    path: '/k/1',
    script: () => cyclingKeys(1000),
    originShare: HITS,
    contenders: {
      [`${OURS}, nothing in memory`]: tierFromRedis,
      'nginx, Lua and Redis': nginxLuaFromRedis,
      [BASE]: nginx()
    }
  },
  'pass-through': {
    title: '2 KB that may not be stored',
    path: '/private/1',
    originShare: [0.99, 1.1],
    contenders: ALL
  }
} as const satisfies Record<string, LoadRow>

export type LoadRowName = keyof typeof LOAD_ROWS

/** Rows that are measured in ways of their own. */
export const OTHER_ROWS = ['miss-latency', 'memory', 'by-keys', 'by-rules'] as const

export const ROW_NAMES: readonly string[] = [...Object.keys(LOAD_ROWS), ...OTHER_ROWS]

export const isLoadRow = (name: string): name is LoadRowName => Object.hasOwn(LOAD_ROWS, name)
