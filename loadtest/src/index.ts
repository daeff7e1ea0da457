/** Load testing: what users do, how much of it, and what a change may cost them. */
export * from './run.ts'
export * from './profiles.ts'
