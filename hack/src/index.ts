/** What other rooms' tests and scripts use of this one. */
export * from './paths.ts'
export * from './run.ts'
export * from './services.ts'
export { resolveTool, resolveTools, type ToolName } from './tools.ts'
