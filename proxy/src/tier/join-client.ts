import { askAdmin } from './admin-client.ts'

/** Body of POST /join on the admin port. */
export interface JoinRequest {
  /** HOST:PORT of the newcomer's admin port, as the other pods reach it. */
  readonly address: string
  /** The newcomer has stored nothing yet. */
  readonly starting?: true
}

/** Answer of POST /join: the answerer and all it knows, as HOST:PORT. */
export interface JoinReport {
  readonly members: readonly string[]
}

export type JoinResult =
  | { readonly kind: 'Joined'; readonly members: readonly string[] }
  /** 401 or 403: the address belongs to another tier. */
  | { readonly kind: 'Refused' }
  /** It is no proxy that knows of joining. */
  | { readonly kind: 'Unknown'; readonly status: number }

const membersOf = (value: unknown): readonly string[] => {
  if (typeof value !== 'object' || value === null || !('members' in value)) return []
  const { members } = value
  return Array.isArray(members) ? members.filter((member) => typeof member === 'string') : []
}

/** Asks one pod (`address`, HOST:PORT of its admin port) to tell us of purges. Rejects when it cannot be reached. */
export const joinPeer = async (
  address: string,
  token: string,
  request: JoinRequest,
  signal: AbortSignal
): Promise<JoinResult> => {
  const { status, body } = await askAdmin(new URL(`http://${address}/join`), { token, body: request, signal })
  if (status === 200) return { kind: 'Joined', members: membersOf(body) }
  return status === 401 || status === 403 ? { kind: 'Refused' } : { kind: 'Unknown', status }
}
