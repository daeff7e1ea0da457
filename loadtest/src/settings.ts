import type { Options } from 'k6/options'
import type { Seconds, Target } from './units.ts'

/** settings.json of a run: what the command tells the scenarios. */
export interface RunSettings {
  readonly options: Options
  readonly target: Target
  readonly seconds: Seconds
}
