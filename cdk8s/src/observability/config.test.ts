import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '@alexandrite/hack'
import { resolveTool } from '@alexandrite/hack/tools'
import type { ToolName } from '@alexandrite/hack/tools'
import { afterAll, describe, expect, it } from '@jest/globals'
import { parseAllDocuments, stringify } from 'yaml'
import type { Manifest } from '../../test/network.ts'
import { manifests } from '../manifests.ts'
import {
  agentConfig,
  gatewayConfig,
  jaegerConfig,
  LISTENER_NAMES,
  localEndpoints,
  lokiConfig,
  prometheusConfig
} from './config.ts'
import type { Listener } from './config.ts'

/** A machine without the tools builds them: Loki alone takes minutes. */
const AN_HOUR = 3_600_000

const folder = mkdtempSync(join(tmpdir(), 'alexandrite-config-'))
afterAll(() => {
  rmSync(folder, { recursive: true })
})

const configMaps = [...manifests()]
  .filter(([file]) => file.startsWith('observability/') && !file.endsWith('kustomization.yaml'))
  .flatMap(([, text]) => parseAllDocuments(text).map((document) => document.toJS() as Manifest))
  .filter(({ kind }) => kind === 'ConfigMap')
const deployed = (name: string): string => {
  const [text, ...more] = Object.values(configMaps.find(({ metadata }) => metadata.name === name)?.data ?? {})
  if (text === undefined || more.length > 0) throw new Error(`not exactly one file in ${name}`)
  return text
}

const local = localEndpoints(
  Object.fromEntries(LISTENER_NAMES.map((name, index) => [name, 20_000 + index])) as Record<Listener, number>
)
const logs = { files: { 'mes-api': '/var/log/mes.log', 'shop-api': '/var/log/shop.log' } }
const targets = [
  { job: 'mes-api', service: 'mes-api', address: '127.0.0.1:8080', labels: { namespace: 'mes' } },
  { job: 'rabbitmq', service: 'rabbitmq', address: '127.0.0.1:15692', path: '/metrics/per-object' }
]

interface Check {
  readonly tool: ToolName
  readonly args: (file: string) => string[]
  readonly text: string
  /** Text with a mistake: a check that finds none checks nothing. */
  readonly wrong: string
}
const collector = (tool: ToolName, text: string): Check => ({
  tool,
  args: (file) => ['validate', '--config', file],
  text,
  wrong: text.replace('receivers:', 'recievers:')
})
const promtool = (text: string): Check => ({
  tool: 'promtool',
  args: (file) => ['check', 'config', file],
  text,
  wrong: text.replace('scrape_interval', 'scrape_intervall')
})
const loki = (text: string): Check => ({
  tool: 'loki',
  args: (file) => ['-verify-config', '-config.expand-env=true', '-config.file', file],
  text,
  wrong: text.replace('retention_enabled', 'retention_enable')
})

const checks: Record<string, Check> = {
  'gateway of the cluster': collector('otelcol-gateway', deployed('otelcol-gateway-config')),
  'gateway of one machine': collector(
    'otelcol-gateway',
    stringify(gatewayConfig(local, { stateFolder: folder, platform: 'Local', sampling: { kind: 'KeepAll' } }))
  ),
  'agent of the cluster': collector('otelcol-agent', deployed('otelcol-agent-config')),
  'agent of one machine': collector(
    'otelcol-agent',
    stringify(agentConfig(local, { logs, stateFolder: folder }))
  ),
  'Jaeger of the cluster': collector('jaeger', deployed('jaeger-config')),
  'Jaeger on disk': collector(
    'jaeger',
    stringify(jaegerConfig(local, { storage: { kind: 'Badger', folder, retention: '168h' } }))
  ),
  'Prometheus of the cluster': promtool(deployed('prometheus-config')),
  'Prometheus of one machine': promtool(
    stringify(
      prometheusConfig(local, { scrape: targets, ruleFolder: join(folder, 'rules'), intervalSeconds: 5 })
    )
  ),
  'Loki of the cluster': loki(deployed('loki-config')),
  'Loki of one machine': loki(stringify(lokiConfig(local, { folder }))),
  'Alertmanager of the cluster': {
    tool: 'amtool',
    args: (file) => ['check-config', file],
    text: deployed('alertmanager-config'),
    wrong: deployed('alertmanager-config').replace('resolve_timeout', 'resolve_timeouts')
  }
}

describe.each(Object.entries(checks))('the configuration of %s', (name, { tool, args, text, wrong }) => {
  const check = async (content: string) => {
    const file = join(folder, `${name.replaceAll(' ', '-')}.yaml`)
    writeFileSync(file, content)
    const env = { LOKI_RETENTION: '168h', K8S_NODE_NAME: 'node' }
    return run(await resolveTool(tool), args(file), { env })
  }

  it(
    'is accepted by the program itself',
    async () => {
      await expect(check(text)).resolves.toBeDefined()
    },
    AN_HOUR
  )

  it(
    'is refused with a mistake in it',
    async () => {
      expect(wrong).not.toBe(text)
      await expect(check(wrong)).rejects.toThrow(/recievers|intervall|retention_enable|timeouts/)
    },
    AN_HOUR
  )
})
