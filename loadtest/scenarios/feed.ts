/** The acts of the run: made beforehand, shared by all virtual users, handed out in order. */
import { SharedArray } from 'k6/data'
import exec from 'k6/execution'
import { sleep } from 'k6'
import type { Feed, User } from '../src/acts.ts'
import type { RunSettings } from '../src/settings.ts'

// k6 offers what the command sets as __ENV.
const folder = __ENV.RUN_FOLDER ?? '.'
export const settings = JSON.parse(open(`${folder}/settings.json`)) as RunSettings

/** The acts of one kind of user. The n-th iteration of the scenario gets the n-th act, whichever virtual user runs it. */
export function actsOf<U extends User>(user: U): () => Feed[U][number] {
  type Act = Feed[U][number]
  const acts = new SharedArray<Act>(user, () => {
    const feed = JSON.parse(open(`${folder}/feed.json`)) as Feed
    return [...feed[user]]
  })
  return () => {
    const act = acts[exec.scenario.iterationInTest % acts.length]
    if (act === undefined) throw new Error(`the feed has no acts of ${user}`)
    return act
  }
}

/** Sleeps, but not past the end of the load. @returns whether there is time left to act */
export function think(milliseconds: number): boolean {
  const left = settings.seconds * 1000 - exec.instance.currentTestRunDuration
  sleep(Math.max(0, Math.min(milliseconds, left)) / 1000)
  return left > milliseconds
}
