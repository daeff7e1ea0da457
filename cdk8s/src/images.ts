import { readFileSync } from 'node:fs'

/** Names of the images that the manifests need. */
export type ImageName = 'operator' | 'proxy' | 'redis' | 'examples' | 'postgres'

/**
 * The reference of each image, from the one lock file `cdk8s/images.lock.json`. Releases replace the local
 * `:dev` tags there by digests; nothing else names an image.
 */
export const images = JSON.parse(
  readFileSync(new URL('../images.lock.json', import.meta.url), 'utf8')
) as Readonly<Record<ImageName, string>>
