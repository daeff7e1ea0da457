/** What the command line and the end-to-end tests use of the operator. */
export {
  createOperator,
  renderObjects,
  type Operator,
  type OperatorOptions,
  type RenderedObject
} from './controller/index.ts'
export {
  injectionHash,
  injectPod,
  type Images,
  type InjectablePod,
  type Injection
} from './injector/index.ts'
