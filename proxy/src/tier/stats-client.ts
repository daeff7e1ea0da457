import type { TierStats } from './stats.ts'
import { askAdmin } from './admin-client.ts'

/** GET /stats of a tier's admin port (`adminUrl`, http://HOST:PORT). Rejects when it cannot be had. */
export const tierStats = async (
  adminUrl: string,
  signal: AbortSignal = AbortSignal.timeout(10_000)
): Promise<TierStats> => {
  const { status, body } = await askAdmin(new URL('/stats', adminUrl), { signal })
  if (status === 200) return body as TierStats
  throw new Error(`${adminUrl}/stats answered ${status}: is that the admin port of a cache tier?`)
}
