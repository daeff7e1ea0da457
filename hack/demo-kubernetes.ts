/** `npm run demo-kubernetes`: the demo on a cluster, with nothing but kubectl between "before" and "after". */
import { main } from './src/demo/kubernetes.ts'

process.exitCode = await main(process.argv.slice(2))
