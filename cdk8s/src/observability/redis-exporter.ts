import { Construct } from 'constructs'
import type { ResourceOptions } from '../restricted.ts'
import { BundleServer } from './bundle-server.ts'
import { redisExporterArguments } from './config/programs.ts'
import type { Endpoints } from './endpoints.ts'

export interface RedisExporterProps {
  /** Namespace of its objects. */
  readonly namespace: string
  /** Image of redis_exporter 1.80 or newer. */
  readonly image: string
  /** Addresses of the bundle. */
  readonly endpoints: Endpoints
  /**
   * Requests and limits.
   * @default - cpu 10m, memory 24Mi, memory limit 32Mi
   */
  readonly resources?: ResourceOptions
}

/** Says of every shared store what Redis says of itself; Prometheus names the store with each question. */
export class RedisExporter extends Construct {
  constructor(scope: Construct, id: string, props: RedisExporterProps) {
    super(scope, id)
    new BundleServer(this, 'server', {
      program: 'redis-exporter',
      namespace: props.namespace,
      image: props.image,
      args: redisExporterArguments(props.endpoints),
      settings: [],
      ready: { path: '/health', listener: 'redisExporter' },
      alive: { path: '/health', listener: 'redisExporter' },
      resources: props.resources ?? { cpu: '10m', memory: '24Mi', memoryLimit: '32Mi' }
    })
  }
}
