/** The alert that always fires: who stops hearing it knows that alerts no longer arrive. */
import type { Group } from '../rule.ts'

export const watchdog: Group = {
  name: 'watchdog',
  file: 'alerts/src/rules/watchdog.ts',
  rules: [
    {
      alert: 'Watchdog',
      expr: 'vector(time())',
      for: '0s',
      severity: 'none',
      team: 'platform',
      service: 'prometheus',
      serviceTier: 1,
      dashboard: 'telemetry',
      summary: 'Alerts arrive: this one always fires',
      description: 'When its receiver hears nothing for some minutes, Prometheus or Alertmanager is dead.'
    }
  ]
}
