import { crd } from '@alexandrite/api'
import type { ApiObjectProps } from 'cdk8s'
import { ApiObject } from 'cdk8s'
import { Construct } from 'constructs'

/** The CustomResourceDefinition of CacheTier, as @alexandrite/api derives it from its one schema. */
export class CacheTierDefinition extends Construct {
  constructor(scope: Construct, id: string) {
    super(scope, id)
    new ApiObject(this, 'definition', crd() as ApiObjectProps)
  }
}
