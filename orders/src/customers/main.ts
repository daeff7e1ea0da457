import { runService } from '../service/run.ts'
import { CUSTOMERS_VARIABLES, customersConfig } from './config.ts'
import { customersService } from './service.ts'

const about = {
  name: 'orders-customers',
  file: 'orders/src/customers/main.ts',
  text: 'Promise dates out of the history of lead times; customers are told once when theirs has moved.',
  variables: CUSTOMERS_VARIABLES
}

await runService(about, (service, env) => customersService(service, customersConfig(env)))
