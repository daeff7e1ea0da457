import { runService } from '../service/run.ts'
import { LOGISTICS_VARIABLES, logisticsService } from './service.ts'

await runService(
  {
    name: 'orders-logistics',
    file: 'orders/src/logistics/main.ts',
    text: 'Hears what becomes of a piece on its way, from events and from carriers, and closes orders that were delivered.',
    variables: LOGISTICS_VARIABLES
  },
  logisticsService
)
