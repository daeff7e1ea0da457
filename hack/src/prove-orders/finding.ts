/** What was looked at, whether it holds, and what was seen. */
export interface Finding {
  readonly name: string
  readonly ok: boolean
  readonly detail: string
}

export const finding = (name: string, ok: boolean, detail: string): Finding => ({ name, ok, detail })
