/**
 * `npm test`: unit and integration tests. Arguments go to Jest (a path or -t NAME).
 * The tools are resolved first, so that a long first build shows its progress.
 */
import { allPassed, closingLine, runJest } from './src/jest.ts'
import { resolveTool } from './src/tools.ts'

const TOOLS = [
  'redis-server',
  'etcd',
  'kube-apiserver',
  'kubectl',
  'promtool',
  'amtool',
  'prometheus',
  'alertmanager',
  'loki',
  'jaeger',
  'otelcol-gateway',
  'otelcol-agent',
  'helm',
  'kubeconform',
  'k6'
] as const

for (const tool of TOOLS) await resolveTool(tool)
const counts = await runJest(process.argv.slice(2))
console.log(closingLine([counts]))
process.exitCode = allPassed([counts]) ? 0 : 1
