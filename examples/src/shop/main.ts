import { runCommand, serve } from '../serve.ts'
import { createShopApi } from './api.ts'

await runCommand(() =>
  serve(
    ['examples/src/shop/main.ts', "The Shop API: the catalogue and customers' own orders."],
    createShopApi
  )
)
