/** What users do, as data: made before the run by the feeder, carried out by the scenarios in scenarios/. */
import type { Milliseconds } from './units.ts'

/** Kinds of users; each is a scenario of k6. */
export const USERS = ['operators', 'customers', 'b2b', 'crm'] as const
export type User = (typeof USERS)[number]

interface Paced {
  /** Thinking: in the closed model before the act, in the open model between its requests. */
  readonly thinkMs: Milliseconds
}

export type OperatorAct = Paced &
  (
    | {
        readonly kind: 'look'
        readonly status: string
        readonly page: number
        /** The card that is opened afterwards. */
        readonly card?: number
        readonly reference?: 'operators' | 'materials'
      }
    /** A new order is seen, and all these operators go for it in the same moment. */
    | { readonly kind: 'race'; readonly order: number; readonly operators: readonly number[] }
    | { readonly kind: 'move'; readonly order: number; readonly to: string }
  )

interface Upload {
  readonly name: string
  readonly sizeBytes: number
}

export type CustomerAct = Paced & { readonly customer: number } & (
    | {
        readonly kind: 'browse'
        readonly category?: string
        readonly page: number
        readonly items: readonly number[]
      }
    /** Looks at the own orders. */
    | { readonly kind: 'watch' }
    /** Chooses an item or only a material, orders, uploads the model, and looks at the order. */
    | {
        readonly kind: 'order'
        readonly item?: number
        readonly material: number
        readonly quantity: number
        readonly upload: Upload
      }
  )

export type B2bAct = Paced & {
  readonly customerRef: string
  readonly material: number
  readonly quantity: number
  readonly upload: Upload & { readonly polygons: number }
}

export type CrmAct = Paced &
  (
    | { readonly kind: 'customer'; readonly customer: number }
    | { readonly kind: 'approve' | 'close'; readonly order: number }
  )

/** Everything that a run will do, act by act: the n-th act of each kind of user is the n-th of its list. */
export interface Feed {
  readonly seed: number
  readonly operators: readonly OperatorAct[]
  readonly customers: readonly CustomerAct[]
  readonly b2b: readonly B2bAct[]
  readonly crm: readonly CrmAct[]
}
