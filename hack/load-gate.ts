/** `make load`: whether this tree is slower than the one before; see src/load/gate/. */
import { main } from './src/load/gate/main.ts'

process.exitCode = await main(process.argv.slice(2))
