/** Tests run as native ES modules, their types stripped by Node itself. */
export default {
  testEnvironment: 'node',
  // A watchdog for what hangs, and no limit: a loaded machine may take ten times as long as a quiet one.
  testTimeout: 600_000,
  globalSetup: '<rootDir>/test/temporary.js',
  globalTeardown: '<rootDir>/test/tidy-up.js',
  testSequencer: '<rootDir>/test/sequencer.js',
  // Most of a run is other processes and disks: Jest's own default leaves one core of two idle.
  maxWorkers: '100%',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': '<rootDir>/test/strip-types.js' },
  modulePathIgnorePatterns: ['<rootDir>/cdk.out', '<rootDir>/.cache'],
};
