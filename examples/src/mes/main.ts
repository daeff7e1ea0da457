import { runCommand, serve } from '../serve.ts'
import { createMesApi } from './api.ts'

await runCommand(() =>
  serve(
    ['examples/src/mes/main.ts', 'The MES API: lists orders and assigns them to operators.'],
    createMesApi
  )
)
