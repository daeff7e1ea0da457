export { createOperator, type Operator, type OperatorOptions } from './operator.ts'
export { BLOCKERS, DEGRADATIONS, EVENT_REASONS, PROGRESS } from './reasons.ts'
export { renderObjects, type RenderedObject } from './render.ts'
