import { readFileSync } from 'node:fs'

/** Names of the images that the manifests need. */
export type ImageName =
  | 'operator'
  | 'proxy'
  | 'redis'
  | 'examples'
  | 'postgres'
  | 'postgres-exporter'
  | 'rabbitmq'
  | 'orders'
  | 'prometheus'
  | 'alertmanager'
  | 'loki'
  | 'jaeger'
  | 'collector-gateway'
  | 'collector-agent'
  | 'redis-exporter'
  | 'load-test'
  | 'grafana'

/**
 * The reference of each image, from the one lock file `cdk8s/images.lock.json`. Releases replace the local
 * `:dev` tags there by digests; nothing else names an image. Grafana's is its publisher's: we cannot build it.
 */
export const images = JSON.parse(
  readFileSync(new URL('../images.lock.json', import.meta.url), 'utf8')
) as Readonly<Record<ImageName, string>>
