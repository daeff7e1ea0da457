/** The API server's audit log: who wrote what, counted by the tests. */
import { readFile } from 'node:fs/promises'
import { auditLog } from './machine.ts'

export interface Write {
  readonly at: string
  readonly verb: string
  readonly resource: string
  readonly namespace: string
  readonly name: string
  readonly byOperator: boolean
  /** The pod whose token was used. */
  readonly pod: string
}

interface AuditEvent {
  readonly stage: string
  readonly verb: string
  readonly requestReceivedTimestamp: string
  readonly user: { readonly username: string; readonly extra?: Record<string, readonly string[]> }
  readonly objectRef?: {
    readonly resource?: string
    readonly namespace?: string
    readonly name?: string
    readonly subresource?: string
  }
}

const WRITES = new Set(['create', 'update', 'patch', 'delete', 'deletecollection'])
const OPERATOR = 'system:serviceaccount:alexandrite-system:alexandrite-operator'

/** Every completed write since then, oldest first. */
export async function writesSince(since: Date): Promise<Write[]> {
  const text = await readFile(auditLog(), 'utf8')
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as AuditEvent)
    .filter((event) => event.stage === 'ResponseComplete' && WRITES.has(event.verb))
    .filter((event) => new Date(event.requestReceivedTimestamp) >= since)
    .map(toWrite)
}

function toWrite(event: AuditEvent): Write {
  const { resource = '', namespace = '', name = '', subresource } = event.objectRef ?? {}
  return {
    at: event.requestReceivedTimestamp,
    verb: event.verb,
    resource: subresource === undefined ? resource : `${resource}/${subresource}`,
    namespace,
    name,
    byOperator: event.user.username === OPERATOR,
    pod: event.user.extra?.['authentication.kubernetes.io/pod-name']?.[0] ?? ''
  }
}
