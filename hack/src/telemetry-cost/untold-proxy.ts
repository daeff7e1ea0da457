/**
 * The proxy that tells nothing: what telemetry costs is the difference to it. For the comparison only; no image has it.
 */
import { readConfig } from '@alexandrite/proxy/config'
import { startTier } from '@alexandrite/proxy'
import { Metrics } from '@alexandrite/proxy/tier/metrics'
import pino from 'pino'

// Requests are not counted; all else that a hit needs stays.
Metrics.prototype.request = () => undefined
Metrics.prototype.answered = () => undefined

const log = pino({ level: 'silent' })
await startTier({ ...readConfig(process.env), processMetrics: 'TierOnly', log })
