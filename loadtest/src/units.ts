/** Words that the command and k6's scenarios share: nothing here needs Node. */

export type Milliseconds = number
export type Seconds = number

/** Base URLs without a trailing slash, straight or through a tier. */
export interface Target {
  readonly mes: string
  readonly shop: string
  /** Without it the CRM's users stay at home. */
  readonly crm?: string
}

/** What Cache-Status (RFC 9211) said of an answer. */
export type CacheOutcome = 'hit' | 'collapsed' | 'miss' | 'none'

/** After so long a request is given up; answers under way at the end are waited for so long. */
export const PATIENCE_SECONDS: Seconds = 30
