import { readFileSync } from 'node:fs'
import { k8s } from 'cdk8s-plus-28'
import { Construct } from 'constructs'
import { objectLabels } from '../labels.ts'
import { OrdersService } from './orders-service.ts'
import type { OrdersProps } from './orders-service.ts'

const NAME = 'orders-operators'
const RULES = 'operators-rules'
const RULES_FOLDER = '/etc/orders'
const RULES_FILE = 'operators.yaml'

export interface OrdersOperatorsProps extends OrdersProps {
  /** ORDERS_DATABASE_URL and ORDERS_AMQP_URL. */
  readonly connections: readonly k8s.EnvVar[]
  /** The MES API, through its tier where it has one. */
  readonly mesUrl: string
  /** The page's address, as messages name it. */
  readonly pageUrl: string
  /**
   * Deadlines and who is told, YAML; a change takes effect without a restart.
   * @default - orders/rules/operators.yaml
   */
  readonly rules?: string
  /**
   * Secret whose keys are TELL_CHAT_…, TELL_EMAIL_…, SMTP_URL and MAIL_FROM; groups without an address are not told.
   * @default operators-told
   */
  readonly told?: string
  /**
   * Pods; each serves the page.
   * @default 2
   */
  readonly replicas?: number
}

/** The operators' page, their deadlines, and who is told of them. */
export class OrdersOperators extends Construct {
  constructor(scope: Construct, id: string, props: OrdersOperatorsProps) {
    super(scope, id)
    const { connections, mesUrl, pageUrl, rules = exampleRules(), told = 'operators-told', ...rest } = props
    new k8s.KubeConfigMap(this, 'rules', {
      metadata: {
        name: RULES,
        namespace: props.namespace,
        labels: objectLabels({ name: RULES, partOf: 'examples' })
      },
      data: { [RULES_FILE]: rules }
    })
    new OrdersService(this, 'service', {
      ...rest,
      name: NAME,
      program: 'operators',
      reach: 'Service',
      files: { configMap: RULES, mountPath: RULES_FOLDER },
      optionalSecret: told,
      env: [
        ...connections,
        { name: 'RULES_FILE', value: `${RULES_FOLDER}/${RULES_FILE}` },
        { name: 'MES_URL', value: mesUrl },
        { name: 'PAGE_URL', value: pageUrl }
      ]
    })
  }
}

const exampleRules = (): string =>
  readFileSync(new URL('../../../orders/rules/operators.yaml', import.meta.url), 'utf8')
