import type { Recorded } from './types.ts'

/** Series that the recording rules in alerts/ compute; named level:metric:operations. */
export const recorded: readonly Recorded[] = []
