/** What the read model is told by its environment. */
import { ConfigError, databaseUrl, integer } from '../service/config.ts'
import type { Environment } from '../service/config.ts'
import type { ReadModelOptions } from './service.ts'
import { bearerToken } from './tokens.ts'

export const READ_MODEL_VARIABLES = `  SHOP_DATABASE_URL             the Shop's database as the role crm_reader (required; or SHOP_DATABASE_URL_FILE)
  CRM_READ_MODEL_TOKEN          what the CRM authenticates with (required; or …_FILE)
  CRM_ADMIN_TOKEN               what those authenticate with who take steps of the migration; another one (required; or …_FILE)
  CRM_RECONCILE_SECONDS         between two passes of the reconciliation (default 300)
`

/** @throws ConfigError */
export function readModelConfig(env: Environment): ReadModelOptions {
  const token = bearerToken('CRM_READ_MODEL_TOKEN', env)
  const adminToken = bearerToken('CRM_ADMIN_TOKEN', env)
  if (token === adminToken)
    throw new ConfigError(
      'CRM_ADMIN_TOKEN is CRM_READ_MODEL_TOKEN, so that the CRM could take steps; give another.'
    )
  return {
    shopDatabaseUrl: databaseUrl('SHOP_DATABASE_URL', env),
    token,
    adminToken,
    reconcileEverySeconds: integer('CRM_RECONCILE_SECONDS', env, { min: 1, max: 86_400, fallback: 300 })
  }
}
