/** The way of the CRM out of the Shop's database, step by step; each step says what must be true before it is taken. */

/**
 * legacy: the Shop's tables are read and written. shadow: they are read and served, the read model is read too and the
 * differences are counted; writes go through the Shop API. cut-over: the read model is served and nothing else is
 * read. revoked: the database refuses the CRM.
 */
export const STEPS = ['legacy', 'shadow', 'cut-over', 'revoked'] as const
export type Step = (typeof STEPS)[number]

export const isStep = (value: unknown): value is Step =>
  typeof value === 'string' && (STEPS as readonly string[]).includes(value)

/** A process of the CRM that asks which step counts. */
export interface Instance {
  readonly id: string
  /** The step that it acts by. */
  readonly step: Step
  /** Answers compared since it entered the shadow step. */
  readonly compared: number
  /** Of them, with a difference that lasted. */
  readonly different: number
  readonly secondsSinceSeen: number
}

/** What is known when a step is asked for. */
export interface Facts {
  readonly snapshot: 'Absent' | 'Running' | 'Complete'
  /** Undefined while it is not known. */
  readonly lagSeconds: number | undefined
  /** The last whole pass of the reconciliation; undefined before the first. */
  readonly reconciled: { readonly secondsAgo: number; readonly unrepaired: number } | undefined
  readonly instances: readonly Instance[]
  /** Sessions of the CRM's role at the Shop's database; undefined where they could not be counted. */
  readonly legacyConnections: number | undefined
}

/** How sure one wants to be. */
export interface Limits {
  readonly lagSeconds: number
  /** The last pass of the reconciliation must not be older. */
  readonly reconciledSeconds: number
  /** Answers that must have been compared in the shadow, of all instances together. */
  readonly comparedReads: number
  /** An instance that has not asked for so long is gone. */
  readonly instanceSeconds: number
}

export const LIMITS: Limits = {
  lagSeconds: 5,
  reconciledSeconds: 3600,
  comparedReads: 100,
  instanceSeconds: 15
}

export type Answer =
  { readonly kind: 'Allowed' } | { readonly kind: 'Refused'; readonly reasons: readonly string[] }

export interface Asked {
  readonly from: Step
  readonly to: Step
}

/** Forward one step at a time, with reasons where it is too early; back at any time until the role is revoked. */
export function mayStep({ from, to }: Asked, facts: Facts, limits: Limits = LIMITS): Answer {
  if (from === to) return { kind: 'Allowed' }
  const [at, wanted] = [STEPS.indexOf(from), STEPS.indexOf(to)]
  if (from === 'revoked') return refused('The role is revoked; there is no way back from there.')
  if (wanted < at) return { kind: 'Allowed' }
  if (wanted > at + 1) return refused(`After ${from} comes ${STEPS[at + 1] ?? 'nothing'}, not ${to}.`)
  const reasons = requirements(to, facts, limits)
  return reasons.length === 0 ? { kind: 'Allowed' } : { kind: 'Refused', reasons }
}

const refused = (reason: string): Answer => ({ kind: 'Refused', reasons: [reason] })

const said = (holds: boolean, otherwise: string): string[] => (holds ? [] : [otherwise])

function requirements(to: Step, facts: Facts, limits: Limits): string[] {
  switch (to) {
    case 'legacy':
      return []
    case 'shadow':
      return forShadow(facts)
    case 'cut-over':
      return [...forShadow(facts), ...forCutOver(facts, limits)]
    case 'revoked':
      return forRevocation(facts, limits)
  }
}

const forShadow = ({ snapshot }: Facts): string[] =>
  said(snapshot === 'Complete', 'The snapshot is not complete; wait until it is.')

function forCutOver(facts: Facts, limits: Limits): string[] {
  return [...fresh(facts, limits), ...reconciled(facts, limits), ...shadowed(facts, limits)]
}

const fresh = ({ lagSeconds }: Facts, limits: Limits): string[] =>
  said(
    lagSeconds !== undefined && lagSeconds <= limits.lagSeconds,
    `The read model is ${lagSeconds === undefined ? 'of unknown age' : `${lagSeconds.toFixed(1)} s behind`}; ${limits.lagSeconds} s at most.`
  )

function reconciled({ reconciled: pass }: Facts, limits: Limits): string[] {
  if (pass === undefined) return ['No pass of the reconciliation has ended yet; wait for one.']
  return [
    ...said(
      pass.unrepaired === 0,
      `The last pass left ${pass.unrepaired} order(s) that differ; see their log lines.`
    ),
    ...said(
      pass.secondsAgo <= limits.reconciledSeconds,
      `The last pass ended ${Math.round(pass.secondsAgo)} s ago; ${limits.reconciledSeconds} s at most.`
    )
  ]
}

const living = ({ instances }: Facts, { instanceSeconds }: Limits): Instance[] =>
  instances.filter(({ secondsSinceSeen }) => secondsSinceSeen <= instanceSeconds)

const sum = (all: readonly Instance[], of: 'compared' | 'different'): number =>
  all.reduce((total, each) => total + each[of], 0)

function shadowed(facts: Facts, limits: Limits): string[] {
  const all = living(facts, limits)
  const [compared, different] = [sum(all, 'compared'), sum(all, 'different')]
  return [
    ...notAt(all, 'shadow'),
    ...said(
      compared >= limits.comparedReads,
      `${compared} answer(s) have been compared; wait for ${limits.comparedReads}.`
    ),
    ...said(
      different === 0,
      `${different} of ${compared} answers differed; see crm_shadow_differences_total.`
    )
  ]
}

function forRevocation(facts: Facts, limits: Limits): string[] {
  const { legacyConnections: open } = facts
  return [
    ...notAt(living(facts, limits), 'cut-over'),
    ...said(open !== undefined, 'The sessions of the role could not be counted; is the database up?'),
    ...said(
      (open ?? 0) === 0,
      `${open} session(s) of the role are open; find who it is with: alexandrite orders crm status.`
    )
  ]
}

function notAt(all: readonly Instance[], step: Step): string[] {
  if (all.length === 0) return ['No process of the CRM has asked for the step lately; is it running?']
  const others = all.filter((each) => each.step !== step)
  return said(others.length === 0, `${others.map(({ id }) => id).join(', ')}: not in step ${step} yet.`)
}
