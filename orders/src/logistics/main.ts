import { runService } from '../service/run.ts'
import { LOGISTICS_VARIABLES, logisticsConfig } from './config.ts'
import { logisticsService } from './service.ts'

const about = {
  name: 'orders-logistics',
  file: 'orders/src/logistics/main.ts',
  text: 'Hears what becomes of a piece on its way, from events and from carriers, and closes orders that were delivered.',
  variables: LOGISTICS_VARIABLES
}

await runService(about, (service, env) => logisticsService(service, logisticsConfig(env)))
