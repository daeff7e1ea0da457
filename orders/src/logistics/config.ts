/** What the logistics service is told by its environment. */
import { ConfigError, httpUrl, secret } from '../service/config.ts'
import type { Environment } from '../service/config.ts'
import { signingKey } from './signature.ts'
import type { SigningKey } from './signature.ts'

export interface LogisticsConfig {
  /** Of carriers, secrets. */
  readonly keys: readonly SigningKey[]
  readonly crmUrl: string
  readonly mesUrl: string
}

export const LOGISTICS_VARIABLES = `  CARRIER_KEYS                  CARRIER=whsec_… pairs apart by a comma or a line; a carrier may have two (required)
                                also as CARRIER_KEYS_FILE
  CRM_URL, MES_URL              base URLs of the CRM API and the MES API (required)
`

/** `north=whsec_…,north=whsec_…`. @throws ConfigError */
export function carrierKeys(env: Environment): SigningKey[] {
  const pairs = secret('CARRIER_KEYS', env)
    .split(/[,\n]/)
    .map((pair) => pair.trim())
    .filter((pair) => pair !== '')
  if (pairs.length === 0) throw new ConfigError('CARRIER_KEYS holds no pair; write CARRIER=whsec_….')
  return pairs.map((pair, i) => {
    const [, carrier, value] = /^([a-z0-9-]{1,32})=(.+)$/.exec(pair) ?? []
    if (carrier === undefined || value === undefined)
      throw new ConfigError(
        `CARRIER_KEYS: pair ${i + 1} is no CARRIER=whsec_…; name the carrier in lower case, digits and dashes`
      )
    try {
      return signingKey(carrier, value)
    } catch (error) {
      throw new ConfigError(`CARRIER_KEYS: ${error instanceof Error ? error.message : 'a key'}`, {
        cause: error
      })
    }
  })
}

/** @throws ConfigError */
export const logisticsConfig = (env: Environment): LogisticsConfig => ({
  keys: carrierKeys(env),
  crmUrl: httpUrl('CRM_URL', env),
  mesUrl: httpUrl('MES_URL', env)
})
