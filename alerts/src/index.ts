/** Alert and recording rules, routing, inhibition; what is checked of them at synthesis. */
import { files } from './groups.ts'
import { ruleFile, type Places } from './files.ts'

export { alerts, groups } from './groups.ts'
export { idOf, isAlert, labelsOf, type Alert, type Group, type Recording, type Rule } from './rule.ts'
export type { Places } from './files.ts'

/** Prometheus' rule files: name to YAML. */
export const ruleFiles = (places: Places = {}): Map<string, string> =>
  new Map([...files].map(([name, groups]) => [name, ruleFile(groups, places)]))

export { alertmanagerConfig, type AlertmanagerConfig, type Pace, type Route } from './routing.ts'
export type { Address, Addresses, Receivers } from './receivers.ts'
export { problems } from './problems.ts'
