/** The steps by which the CRM leaves the Shop's tables. */

/**
 * legacy: it reads and writes them. shadow: it serves them and compares them with the read model; it writes through the
 * Shop API. cut-over and revoked: it serves the read model, and the tables are not touched.
 */
export const STEPS = ['legacy', 'shadow', 'cut-over', 'revoked'] as const
export type Step = (typeof STEPS)[number]

export const isStep = (value: unknown): value is Step =>
  typeof value === 'string' && (STEPS as readonly string[]).includes(value)
