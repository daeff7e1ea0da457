export * from './order.ts'
export * from './events/event.ts'
export * from './events/consumer.ts'
