import { runService } from '../service/run.ts'
import { OPERATORS_VARIABLES, operatorsConfig } from './config.ts'
import { operatorsService } from './service.ts'

const about = {
  name: 'orders-operators',
  file: 'orders/src/operators/main.ts',
  text: 'The operators’ page: orders by state, live, with deadlines; operators and their lead are told in time.',
  variables: OPERATORS_VARIABLES
}

await runService(about, (service, env) => operatorsService(service, operatorsConfig(env)))
