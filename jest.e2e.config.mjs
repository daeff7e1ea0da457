import base from './jest.config.mjs'

/** End-to-end tests: one cluster, so one worker and one file after the other. `npm run e2e` starts them. */
export default {
  ...base,
  testMatch: ['<rootDir>/hack/e2e/**/*.test.ts'],
  testTimeout: 360_000,
  maxWorkers: 1
}
