/** Which file of deploy/operator holds which constructs. */
import { OPERATOR_NAME, OPERATOR_NAMESPACE } from '@alexandrite/api'
import { Definitions } from './crd.ts'
import { images } from './images.ts'
import { objectLabels } from './labels.ts'
import { OperatorRbac } from './operator-rbac.ts'
import { Operator } from './operator.ts'
import type { OperatorProps } from './operator.ts'
import { RestrictedNamespace } from './restricted-namespace.ts'
import type { Charts } from './synthesis.ts'
import { TierAccess } from './tier-access.ts'

/** Each file by its name, in the order in which they are applied. */
export const operatorCharts = (
  options: Pick<OperatorProps, 'sidecarOtlpEndpoint' | 'otlpEndpoint'> = {}
): Charts => ({
  crd: (chart) => {
    new Definitions(chart, 'crd')
  },
  namespace: (chart) => {
    new RestrictedNamespace(chart, 'namespace', { name: OPERATOR_NAMESPACE })
  },
  rbac: (chart) => {
    const labels = objectLabels({ name: OPERATOR_NAME, component: 'operator' })
    new OperatorRbac(chart, 'rbac', { namespace: OPERATOR_NAMESPACE, name: OPERATOR_NAME, labels })
    new TierAccess(chart, 'access', { name: 'alexandrite-cachetiers', labels })
  },
  operator: (chart) => {
    new Operator(chart, 'operator', {
      image: images.operator,
      proxyImage: images.proxy,
      redisImage: images.redis,
      ...options
    })
  }
})
