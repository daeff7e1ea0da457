/**
 * `make fuzz`: hostile requests to the fast path and to Node's HTTP server. Where the fast path answers, Node's
 * server must have read the same; everything else must have been handed over. Exit 1 shows the bytes that differ.
 */
import { parseArgs } from 'node:util'
import { compare } from '../proxy/test/differential/compare.ts'
import { closingLine } from './src/jest.ts'

const HELP = `node hack/fuzz.ts [--requests N] [--seed N]

  --requests N   how many requests to send (1000000)
  --seed N       the same seed sends the same bytes (the time of day)
`

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '1000000' },
    seed: { type: 'string' },
    help: { type: 'boolean' }
  }
})

/** A whole number; exits 2 with a sentence for anything else. */
const whole = (name: string, text: string): number => {
  if (/^\d{1,10}$/.test(text)) return Number(text)
  console.error(`--${name} "${text}" must be a whole number, such as 100000`)
  process.exit(2)
}

if (values.help) console.log(HELP)
else {
  const requests = whole('requests', values.requests)
  const seed = whole('seed', values.seed ?? String(Date.now() % 1_000_000_000))
  console.log(`seed ${seed}`)
  let shown = 0
  const result = await compare(requests, seed, (done) => {
    if (done - shown < 100_000) return
    shown = done
    console.log(`${done} of ${requests} requests`)
  })
  const { connections, answered, handedOver, refused, differences } = result
  console.log(
    `${connections} connections: ${answered} requests answered by the fast path, ${handedOver} connections handed over, ${refused} refused by Node's server`
  )
  for (const { what, bytes } of differences) console.error(`DIFFERENT ${what}\n  bytes ${bytes}`)
  const failed = differences.length
  console.log(closingLine([{ passed: failed === 0 ? 1 : 0, failed, skipped: 0 }]))
  process.exitCode = failed === 0 ? 0 : 1
}
