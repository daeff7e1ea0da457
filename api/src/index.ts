export * from './names.ts'
export * from './policy.ts'
