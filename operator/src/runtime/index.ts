/** The operator's runtime: what a controller needs to talk to Kubernetes, and nothing about cache tiers. */
export * from './admission.ts'
export * from './admission-server.ts'
export * from './api-error.ts'
export {
  CertificateManager,
  type CertificateManagerOptions,
  type CertificateSource
} from './certificate-manager.ts'
export * from './clock.ts'
export * from './connection.ts'
export * from './controller.ts'
export * from './event-recorder.ts'
export { HealthServer, type HealthCheck, type HealthServerOptions } from './health-server.ts'
export * from './informer.ts'
export type { InformerHandler } from './informer-handlers.ts'
export * from './kube-client.ts'
export * from './leader-elector.ts'
export type { Address } from './listen.ts'
export * from './manager.ts'
export * from './metrics.ts'
export type { Indexers } from './object-cache.ts'
export type { Runnable } from './runnable.ts'
export { NO_TRACING, Tracing } from './tracing.ts'
export * from './types.ts'
export * from './work-queue.ts'
