/**
 * Accounts, tokens and keys of the demonstration, besides those of its database and its broker: they open generated data in
 * a cluster of one's own. A real installation brings Secrets of the same names.
 */

const PASSWORD = 'demonstration-only'
/** 32 bytes in Base64. */
const KEY = Buffer.from(PASSWORD.padEnd(32, '.')).toString('base64')

/** Reads the statistics of the database server, and no data. */
export const demoMonitor = { user: 'monitor', password: PASSWORD } as const

/** The CRM's way out of the Shop's database. */
export const demoCrm = {
  /** What the CRM connects as. */
  legacy: { user: 'crm_legacy', password: PASSWORD },
  /** What its read model connects as. */
  reader: { user: 'crm_reader', password: PASSWORD },
  /** What the CRM, and those who take steps, authenticate with at the read model. */
  tokens: { 'read-model': `crm-${PASSWORD}`, admin: `lead-${PASSWORD}` },
  /** What the CRM authenticates with at the Shop API. */
  shopToken: `shop-${PASSWORD}`
} as const

export const demoOrders = {
  /** Database of the orders services. */
  database: 'orders',
  /** Nobody's mail relay: messages to customers wait there until a real one is named. */
  smtpUrl: 'smtp://mail.example.com:587',
  /** Signs the links in customers' messages. */
  linkKey: KEY,
  /** What the carrier `north` signs its calls with. */
  carrierKey: `whsec_${KEY}`
} as const
