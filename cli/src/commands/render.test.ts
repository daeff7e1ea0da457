import { resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { parseAllDocuments } from 'yaml'
import { Folder, run, tierYaml } from '../../test/harness.ts'

const workload = resolve(import.meta.dirname, '../../../deploy/examples/mes-api.yaml')
const folder = new Folder()
let tier: string

beforeAll(() => {
  tier = folder.write('mes.yaml', tierYaml('/list'))
})
afterAll(() => {
  folder.remove()
})

interface Printed {
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace: string }
  readonly data?: Record<string, string>
  readonly webhooks?: readonly object[]
  readonly spec?: { readonly initContainers: readonly object[]; readonly containers: readonly object[] }
}
const parse = (text: string): Printed[] => parseAllDocuments(text).map((d) => d.toJS() as Printed)
const find = (objects: Printed[], kind: string): Printed | undefined => objects.find((o) => o.kind === kind)

describe('render', () => {
  it('prints what the operator applies, and says what it lacks for the rest', async () => {
    const { status, stdout, stderr } = await run(['render', '-f', tier])
    expect(status).toBe(0)
    const config = find(parse(stdout), 'ConfigMap')
    expect(config?.metadata).toMatchObject({ name: 'mes-api-cache-policy', namespace: 'mes' })
    expect(JSON.parse(config?.data?.['policy.json'] ?? '')).toMatchObject({ rules: [{ name: 'list' }] })
    expect(find(parse(stdout), 'Service')?.metadata.name).toBe('mes-api-cache-peers')
    expect(stderr).toContain('--workload FILE')
  })

  it("prints the webhook entry and a pod of the workload's manifest with its sidecars", async () => {
    const { status, stdout, stderr } = await run(['render', '-f', tier, '--workload', workload])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(find(parse(stdout), 'MutatingWebhookConfiguration')?.webhooks).toMatchObject([
      { objectSelector: { matchLabels: { 'app.kubernetes.io/name': 'mes-api' } }, failurePolicy: 'Ignore' }
    ])
    const pod = find(parse(stdout), 'Pod')
    expect(pod?.metadata).toMatchObject({ generateName: 'mes-api-', namespace: 'mes' })
    expect(pod?.spec?.initContainers).toMatchObject([
      { name: 'alexandrite-proxy' },
      { name: 'alexandrite-redis' }
    ])
    expect(pod?.spec?.containers).toMatchObject([{ ports: [{ name: 'http-origin', containerPort: 8080 }] }])
  })

  it('prints a JSON list that kubectl would take', async () => {
    const { stdout } = await run(['render', '-f', tier, '-w', workload, '--json'])
    const list = JSON.parse(stdout) as { kind: string; items: Printed[] }
    expect(list.kind).toBe('List')
    expect(list.items.map((item) => item.kind)).toEqual([
      'ConfigMap',
      'Service',
      'MutatingWebhookConfiguration',
      'Pod'
    ])
  })

  it('exits with 1 and the reason when the sidecars cannot go in', async () => {
    const other = folder.write('port.yaml', tierYaml('/list').replace('port: http', 'port: grpc'))
    const { status, stderr } = await run(['render', '-f', other, '-w', workload])
    expect(status).toBe(1)
    expect(stderr).toContain('Deployment mes/mes-api: no container port is named "grpc"')
  })

  it('names what a manifest has instead of the workload', async () => {
    const other = folder.write('other.yaml', tierYaml('/list', 'other'))
    const { status, stderr } = await run(['render', '-f', other, '-w', workload])
    expect(status).toBe(2)
    expect(stderr).toContain('no Deployment mes/other')
    expect(stderr).toContain('Deployment mes/mes-api')
  })
})
