import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { startApiServer } from '@alexandrite/hack/services'
import { resolveTool } from '@alexandrite/hack/tools'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { LOCATION, schemasOf } from '../test/schemas.ts'
import type { OpenApi } from '../test/schemas.ts'
import { writeAll } from './files.ts'
import { manifests } from './manifests.ts'

const FIVE_MINUTES = 300_000

let apiServer: Awaited<ReturnType<typeof startApiServer>>
let kubectlPath: string
const folder = mkdtempSync(join(tmpdir(), 'alexandrite-apply-'))

beforeAll(async () => {
  kubectlPath = await resolveTool('kubectl')
  apiServer = await startApiServer()
  writeAll(folder, manifests())
}, FIVE_MINUTES)

afterAll(async () => {
  await apiServer.stop()
  rmSync(folder, { recursive: true })
})

const kubectl = (...args: string[]) =>
  spawnSync(kubectlPath, ['--kubeconfig', apiServer.kubeconfig, ...args], { encoding: 'utf8' })
const apply = (name: string, ...args: string[]) =>
  kubectl('apply', '--server-side', '--validate=strict', '-k', join(folder, name), ...args)

describe.each(['operator', 'examples', 'tiers', 'load-test', 'observability'])(
  'deploy/%s on a real API server',
  (name) => {
    it('applies in one go, without a warning (Pod Security warns at apply)', () => {
      expect(apply(name)).toMatchObject({ status: 0, stderr: '' })
    })

    it('changes nothing when applied again', () => {
      const versions = () =>
        kubectl(
          'get',
          '-k',
          join(folder, name),
          '-o',
          'jsonpath={range .items[*]}{.metadata.name}{" "}{.metadata.generation}{"\\n"}{end}'
        ).stdout
      const before = versions()
      expect(before).not.toBe('')
      expect(apply(name)).toMatchObject({ status: 0, stderr: '' })
      expect(versions()).toBe(before)
    })
  }
)

describe('deploy/crm-revoked on a real API server', () => {
  const ways = (policy: string, namespace: string) =>
    kubectl('get', 'networkpolicy', policy, '-n', namespace, '-o', 'jsonpath={.spec}').stdout

  it('takes the way from the policies at both of its ends, and nothing is left of it', () => {
    expect(ways('postgres', 'data')).toContain('"crm-api"')
    expect(apply('crm-revoked')).toMatchObject({ status: 0, stderr: '' })
    expect(ways('postgres', 'data')).not.toContain('"crm-api"')
    expect(ways('postgres', 'data')).toContain('"crm-read-model"')
    expect(ways('crm-api', 'crm')).not.toContain('"postgres"')
  })
})

describe('deploy/observed on a real API server', () => {
  it('is all three together, with traces of tiers, operator and APIs sent to the bundle', () => {
    const { status, stdout, stderr } = kubectl('kustomize', join(folder, 'observed'))
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const sent = stdout.match(/value: http:\/\/otelcol-gateway\.observability\.svc:\S+/g)
    expect(sent).toHaveLength(11)
    expect(apply('observed', '--dry-run=server', '--force-conflicts')).toMatchObject({
      status: 0,
      stderr: ''
    })
  })
})

describe('kubeconform, strict, with the schemas of that API server', () => {
  const schemas = join(folder, 'schemas')
  const conform = async (...files: string[]) => {
    const args = ['-strict', '-summary', '-schema-location', join(schemas, LOCATION), ...files]
    return spawnSync(await resolveTool('kubeconform'), args, { encoding: 'utf8' })
  }
  const ofFolder = (name: string) =>
    [...manifests().keys()]
      .filter((file) => file.startsWith(`${name}/`) && !file.endsWith('kustomization.yaml'))
      .map((file) => join(folder, file))

  beforeAll(() => {
    kubectl('wait', '--for=condition=Established', 'crd/cachetiers.alexandrite.dev', '--timeout=30s')
    const { stdout } = spawnSync(
      kubectlPath,
      ['--kubeconfig', apiServer.kubeconfig, 'get', '--raw', '/openapi/v2'],
      {
        encoding: 'utf8',
        maxBuffer: 64 * 1024 * 1024
      }
    )
    mkdirSync(schemas)
    for (const [file, text] of schemasOf(JSON.parse(stdout) as OpenApi))
      writeFileSync(join(schemas, file), text)
  })

  it.each(['operator', 'examples', 'tiers', 'crm-revoked', 'load-test', 'observability'])(
    'accepts deploy/%s',
    async (name) => {
      const { stdout, stderr, status } = await conform(...ofFolder(name))
      expect({ stdout, stderr, status }).toMatchObject({ status: 0, stderr: '' })
      expect(stdout).toMatch(/Invalid: 0, Errors: 0, Skipped: 0/)
    }
  )

  it('accepts programs with volumes of their own', async () => {
    const storage = { prometheus: { kind: 'Persistent', size: '50Gi', storageClass: 'fast' } } as const
    const file = join(folder, 'persistent.yaml')
    writeFileSync(file, manifests({ observability: { storage } }).get('observability/prometheus.yaml') ?? '')
    expect(readFileSync(file, 'utf8')).toContain('storageClassName: fast')
    expect(await conform(file)).toMatchObject({ status: 0, stderr: '' })
  })

  it('accepts the tiers of the examples, and names a field that is none', async () => {
    const tier = resolve(import.meta.dirname, '../../examples/tiers/mes-api.yaml')
    expect(await conform(tier)).toMatchObject({ status: 0, stderr: '' })
    const wrong = join(folder, 'wrong.yaml')
    writeFileSync(wrong, readFileSync(tier, 'utf8').replace('workload:', 'workloads:'))
    const { status, stdout } = await conform(wrong)
    expect(status).toBe(1)
    expect(stdout).toContain('workloads')
  })
})

describe('the installed API', () => {
  it('serves CacheTiers under their short name', () => {
    expect(kubectl('get', 'ct', '-A')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('mes-api')
    })
  })
})
