import { runService } from '../service/run.ts'
import { READ_MODEL_VARIABLES, readModelConfig } from './config.ts'
import { NAME, readModelService } from './service.ts'

const about = {
  name: NAME,
  file: 'orders/src/crm/main.ts',
  text: 'The CRM’s own copy of the Shop’s orders, kept by events, compared with its source, served over HTTP.',
  variables: READ_MODEL_VARIABLES
}

await runService(about, (service, env) => readModelService(service, readModelConfig(env)))
