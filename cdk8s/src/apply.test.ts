import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startApiServer } from '@alexandrite/hack/services'
import { resolveTool } from '@alexandrite/hack/tools'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
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

describe.each(['operator', 'examples', 'observability'])('deploy/%s on a real API server', (name) => {
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
})

describe('deploy/observed on a real API server', () => {
  it('is all three together, with traces of tiers, operator and APIs sent to the bundle', () => {
    const { status, stdout, stderr } = kubectl('kustomize', join(folder, 'observed'))
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const sent = stdout.match(/value: http:\/\/otelcol-gateway\.observability\.svc:\S+/g)
    expect(sent).toHaveLength(5)
    expect(apply('observed', '--dry-run=server', '--force-conflicts')).toMatchObject({
      status: 0,
      stderr: ''
    })
  })
})

describe('the installed API', () => {
  it('serves CacheTiers under their short name', () => {
    kubectl('wait', '--for=condition=Established', 'crd/cachetiers.alexandrite.dev', '--timeout=30s')
    expect(kubectl('get', 'ct', '-A')).toMatchObject({ status: 0, stdout: '' })
  })
})
