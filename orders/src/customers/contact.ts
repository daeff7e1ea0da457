/** How a customer wants to be told: kept in the schema `customers` and nowhere else. */

export const LANGUAGES = ['ru', 'en'] as const
export type Language = (typeof LANGUAGES)[number]

export const WAYS = ['email', 'webhook', 'none'] as const
export type Way = (typeof WAYS)[number]

/** What a customer may change. */
export interface Preferences {
  readonly language: Language
  /** `none`: told of nothing. */
  readonly way: Way
  /** IANA name, such as Asia/Yekaterinburg. */
  readonly timeZone: string
  /** Local times as HH:MM between which nothing is sent, over midnight or not; equal ones: none. */
  readonly quietFrom: string
  readonly quietTo: string
}

export interface Contact extends Preferences {
  /** The reference under which the MES and the CRM know the customer. */
  readonly customerRef: string
  readonly email: string | undefined
  readonly webhookUrl: string | undefined
}

const TIME = /^([01]\d|2[0-3]):[0-5]\d$/

function isTimeZone(value: unknown): value is string {
  if (typeof value !== 'string' || value === '') return false
  try {
    new Intl.DateTimeFormat('en', { timeZone: value })
    return true
  } catch {
    // That is how Intl says that it does not know the name.
    return false
  }
}

const CHECKS: {
  readonly [Key in keyof Preferences]: {
    readonly isRight: (value: unknown) => value is Preferences[Key]
    readonly mend: string
  }
} = {
  language: { isRight: isOneOf(LANGUAGES), mend: `one of ${LANGUAGES.join(', ')}` },
  way: { isRight: isOneOf(WAYS), mend: `one of ${WAYS.join(', ')}` },
  timeZone: {
    isRight: isTimeZone,
    mend: 'a name of the IANA database, such as Europe/Moscow'
  },
  quietFrom: { isRight: isTime, mend: 'a time such as 22:00' },
  quietTo: { isRight: isTime, mend: 'a time such as 08:00' }
}

function isOneOf<Value extends string>(values: readonly Value[]) {
  return (value: unknown): value is Value => values.some((each) => each === value)
}

function isTime(value: unknown): value is string {
  return typeof value === 'string' && TIME.test(value)
}

export type Parsed<T> =
  | { readonly kind: 'Right'; readonly value: T }
  /** A sentence that names the field and the mend, without what was sent. */
  | { readonly kind: 'Wrong'; readonly sentence: string }

/** Some of the preferences, each right; nothing else. */
export function parsePreferences(value: unknown): Parsed<Partial<Preferences>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { kind: 'Wrong', sentence: 'body: no JSON object' }
  const checks = Object.entries(CHECKS)
  for (const [name, given] of Object.entries(value)) {
    const check = checks.find(([known]) => known === name)?.[1]
    if (check === undefined)
      return {
        kind: 'Wrong',
        sentence: `body: an unknown field; there are ${Object.keys(CHECKS).join(', ')}`
      }
    if (!check.isRight(given)) return { kind: 'Wrong', sentence: `${name}: give ${check.mend}` }
  }
  return { kind: 'Right', value }
}
