/**
 * Configuration of the observability bundle as plain values: the constructs put it into ConfigMaps, a machine of
 * one's own writes the same to files.
 */
export * from './config/agent.ts'
export * from './config/gateway.ts'
export * from './config/grafana.ts'
export * from './config/jaeger.ts'
export * from './config/loki.ts'
export * from './config/programs.ts'
export * from './config/prometheus.ts'
export * from './config/redaction.ts'
export * from './endpoints.ts'
