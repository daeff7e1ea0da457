export * from './inject.ts'
export * from './pod.ts'
export * from './refusal.ts'
export { injectionHash, type Images, type SidecarSettings } from './sidecars.ts'
