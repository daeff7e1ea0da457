import { request } from 'undici'
import type { TierStats } from '../admin/server.ts'

/** GET /stats of a tier's admin port (`adminUrl`, http://HOST:PORT). Rejects when it cannot be had. */
export const tierStats = async (
  adminUrl: string,
  signal: AbortSignal = AbortSignal.timeout(10_000)
): Promise<TierStats> => {
  const answer = await request(new URL('/stats', adminUrl), { reset: true, signal })
  if (answer.statusCode !== 200) {
    await answer.body.dump()
    throw new Error(
      `${adminUrl}/stats answered ${answer.statusCode}: is that the admin port of a cache tier?`
    )
  }
  return (await answer.body.json()) as TierStats
}
