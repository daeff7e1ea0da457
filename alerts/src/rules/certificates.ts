/** Certificates that end. */
import { thresholds } from '@alexandrite/catalogue'
import type { Alert, Group } from '../rule.ts'

const DAY = 86_400
const left = 'min by (namespace) (alexandrite_admission_certificate_expiry_timestamp_seconds) - time()'

const expires = (severity: 'warning' | 'ticket', seconds: number): Alert => ({
  alert: 'CertificateExpires',
  expr: `${left} < ${seconds}`,
  for: '15m',
  severity,
  team: 'platform',
  service: 'alexandrite-operator',
  serviceTier: 2,
  dashboard: 'operator',
  summary: 'The certificate of the operator’s webhook ends in {{ $value | humanizeDuration }}',
  description: 'After that new pods start without their tier; requests still reach the application.'
})

export const certificates: Group = {
  name: 'certificates',
  file: 'alerts/src/rules/certificates.ts',
  rules: [expires('warning', DAY), expires('ticket', thresholds.certificateExpiry.value)]
}
