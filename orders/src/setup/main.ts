/** The setup as a process that ends: a Job in a cluster, a command elsewhere. */
import { databaseUrl, HelpRequested, integer, ORDERS_DATABASE, secret } from '../service/config.ts'
import { runMain, stopSignal } from '../service/run.ts'
import { setup } from './prepare.ts'

const HELP = `Prepares databases for the services of orders: the outboxes of MES and Shop, the roles crm_legacy and crm_reader
at the Shop's, and the database of these services. May be run again at any time.

Usage: node orders/src/setup/main.ts [--help]
Variables, each also as …_FILE, a file that holds it:
  MES_ADMIN_DATABASE_URL        the MES's database as its owner, postgres://user@host:port/database (required)
  SHOP_ADMIN_DATABASE_URL       the Shop's database as its owner, who may make roles (required)
  ORDERS_DATABASE_URL           database of the orders services, made where it is missing (required)
  CRM_LEGACY_PASSWORD           of crm_legacy, the role that the CRM connects as (required)
  CRM_READER_PASSWORD           of crm_reader, the role that its read model connects as (required)
  SETUP_WAIT_SECONDS            how long to wait for servers and tables that are not there yet (default 600)
Exit codes: 0 all is in place, 1 something stands in the way, 2 wrong variables.
`

await runMain(async () => {
  if (process.argv.slice(2).some((argument) => argument === '--help' || argument === '-h'))
    throw new HelpRequested(HELP)
  const { env } = process
  await setup(
    {
      databases: {
        mes: databaseUrl('MES_ADMIN_DATABASE_URL', env),
        shop: databaseUrl('SHOP_ADMIN_DATABASE_URL', env)
      },
      ordersUrl: databaseUrl(ORDERS_DATABASE.variable, env),
      passwords: { legacy: secret('CRM_LEGACY_PASSWORD', env), reader: secret('CRM_READER_PASSWORD', env) },
      waitSeconds: integer('SETUP_WAIT_SECONDS', env, { min: 0, max: 86_400, fallback: 600 }),
      say: (line) => process.stdout.write(`${line}\n`)
    },
    stopSignal()
  )
})
