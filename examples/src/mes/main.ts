import { integer } from '../config.ts'
import { runCommand, serve } from '../serve.ts'
import { createMesApi } from './api.ts'
import { orderLimits } from './order-limits.ts'
import { LOOKBACK_DAYS } from './order-signals.ts'

const about = {
  file: 'examples/src/mes/main.ts',
  text: 'The MES API: lists orders and assigns them to operators.',
  variables: `  ORDER_LIMITS                  when an order counts as stuck, such as SUBMITTED=30m,SHIPPED=14d (default: 2h in a state
                                in which it waits for the company, 21d while it is made or on its way)
  ORDER_LOOKBACK_DAYS           days since its last step after which an order counts no more (default ${LOOKBACK_DAYS})
`
}

await runCommand(() =>
  serve(about, (config, env) =>
    createMesApi({
      ...config,
      orderLimits: orderLimits(env.ORDER_LIMITS),
      orderLookbackDays: integer('ORDER_LOOKBACK_DAYS', env.ORDER_LOOKBACK_DAYS ?? String(LOOKBACK_DAYS), {
        min: 1,
        max: 36_500
      })
    })
  )
)
