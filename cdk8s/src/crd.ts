import { crd, purgeCrd } from '@alexandrite/api'
import type { ApiObjectProps } from 'cdk8s'
import { ApiObject } from 'cdk8s'
import { Construct } from 'constructs'

/** The CustomResourceDefinitions of CacheTier and CachePurge, as @alexandrite/api derives them from its schemas. */
export class Definitions extends Construct {
  constructor(scope: Construct, id: string) {
    super(scope, id)
    new ApiObject(this, 'cachetier', crd() as ApiObjectProps)
    new ApiObject(this, 'cachepurge', purgeCrd() as ApiObjectProps)
  }
}
