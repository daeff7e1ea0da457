import { integer, secret, databaseUrl } from '../service/config.ts'
import { runService } from '../service/run.ts'
import { NAME, readModelService } from './service.ts'

const about = {
  name: NAME,
  file: 'orders/src/crm/main.ts',
  text: 'The CRM’s own copy of the Shop’s orders, kept by events, compared with its source, served over HTTP.',
  variables: `  SHOP_DATABASE_URL             the Shop's database as the role crm_reader (required; or SHOP_DATABASE_URL_FILE)
  CRM_READ_MODEL_TOKEN          what the CRM authenticates with (required; or …_FILE)
  CRM_ADMIN_TOKEN               what those authenticate with who take steps of the migration (required; or …_FILE)
  CRM_RECONCILE_SECONDS         between two passes of the reconciliation (default 300)
`
}

await runService(about, (service, env) =>
  readModelService(service, {
    shopDatabaseUrl: databaseUrl('SHOP_DATABASE_URL', env),
    token: secret('CRM_READ_MODEL_TOKEN', env),
    adminToken: secret('CRM_ADMIN_TOKEN', env),
    reconcileEverySeconds: integer('CRM_RECONCILE_SECONDS', env, { min: 1, max: 86_400, fallback: 300 })
  })
)
