import { expect, test } from '@jest/globals'
import { parseAllDocuments } from 'yaml'
import { run } from '../run.ts'
import { REPOSITORY } from '../paths.ts'
import { dnsManifests } from './dns.ts'
import { MAX_NODES, nodes } from './layout.ts'
import { bringUp } from './up.ts'

test('nodes share no name, address or range, and interface names have 15 characters at most', () => {
  const all = nodes(MAX_NODES)
  for (const field of ['name', 'namespace', 'cable', 'address', 'podRange', 'socket'] as const) {
    expect(new Set(all.map((node) => node[field])).size).toBe(MAX_NODES)
  }
  expect(all.every((node) => node.cable.length <= 15)).toBe(true)
  // sun_path of a unix socket.
  expect(all.every((node) => `${node.socket}.ttrpc`.length < 108)).toBe(true)
})

test('cluster DNS answers at the address that the kubelets give to pods', () => {
  const objects = parseAllDocuments(dnsManifests()).map(
    (document) => document.toJS() as { kind: string; spec?: object }
  )
  expect(objects.map(({ kind }) => kind)).toEqual([
    'ServiceAccount',
    'ClusterRole',
    'ClusterRoleBinding',
    'ConfigMap',
    'Deployment',
    'Service'
  ])
  expect(objects.at(-1)?.spec).toMatchObject({ clusterIP: '10.96.0.10' })
})

test('a wrong number of nodes is refused with the range', async () => {
  await expect(bringUp({ nodes: 0 })).rejects.toThrow('--nodes is 0, but must be a number from 1 to 8')
  await expect(bringUp({ nodes: Number('two') })).rejects.toThrow('--nodes is NaN')
})

test('an unknown image and an unknown command are refused', async () => {
  const cluster = (...args: string[]) =>
    run(process.execPath, ['hack/cluster.ts', ...args], { cwd: REPOSITORY })
  await expect(cluster('images', 'proxi')).rejects.toThrow('unknown image proxi; there are pause')
  await expect(cluster('upp')).rejects.toThrow('Usage: node hack/cluster.ts COMMAND')
})
