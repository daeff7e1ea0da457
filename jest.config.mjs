/** One Jest configuration for every workspace: TypeScript as ESM through swc, no mocks of modules. */
export default {
  testMatch: ['<rootDir>/*/src/**/*.test.ts', '<rootDir>/*/test/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '\\.ts$': [
      '@swc/jest',
      {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2024' },
        module: { type: 'es6' },
        sourceMaps: 'inline'
      }
    ]
  },
  testTimeout: 30_000,
  maxWorkers: 2
}
