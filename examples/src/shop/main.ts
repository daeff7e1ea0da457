import { optional, optionalUrl } from '../config.ts'
import { runCommand, serve } from '../serve.ts'
import { createShopApi } from './api.ts'

const about = {
  file: 'examples/src/shop/main.ts',
  text: "The Shop API: the catalogue and customers' own orders.",
  variables: `  MES_URL                       the MES API, straight or through its tier; without it orders show no production
  SHOP_SERVICE_TOKEN            what services authenticate with that set states of orders; without it none may
`
}

await runCommand(() =>
  serve(about, (config, env) =>
    createShopApi({
      ...config,
      mesUrl: optionalUrl('MES_URL', env),
      serviceToken: optional('SHOP_SERVICE_TOKEN', env)
    })
  )
)
