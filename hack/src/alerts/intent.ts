/** Who is meant to be told of what, when: written apart from the tree that is to bring it about. */
import type { Hour, Leaf, Labels } from '@alexandrite/alerts/route-tree'

type Told = Pick<Leaf, 'receiver' | 'wait'>

const isWorkTime = ({ day, hour }: Hour): boolean => day < 5 && hour >= 9 && hour < 18

/**
 * critical rings the pager at any hour: on-call at once, the lead after 15 minutes, the manager after 30. Warnings go
 * to the team's chat and tickets to its mail; those of services of tier 3 only on workdays from 9 to 18.
 */
export function intended(labels: Labels, hour: Hour): readonly Told[] {
  const { severity, team = '', service_tier: tier } = labels
  const waits = tier === '3' && !isWorkTime(hour)
  switch (severity) {
    case 'critical':
      return [
        { receiver: `${team}-on-call`, wait: '15s' },
        { receiver: `${team}-lead`, wait: '15m' },
        { receiver: `${team}-manager`, wait: '30m' }
      ]
    case 'warning':
      return waits ? [] : [{ receiver: `${team}-chat`, wait: '30s' }]
    case 'ticket':
      return waits ? [] : [{ receiver: `${team}-mail`, wait: '30s' }]
    default:
      return [{ receiver: 'deadman', wait: '0s' }]
  }
}
