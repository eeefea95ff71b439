import { availableParallelism } from 'node:os';

/** Tests run as native ES modules, their types stripped by Node itself. */
export default {
  testEnvironment: 'node',
  // A watchdog for what hangs, and no limit: a loaded machine may take ten times as long as a quiet one.
  testTimeout: 600_000,
  globalSetup: '<rootDir>/test/temporary.js',
  globalTeardown: '<rootDir>/test/tidy-up.js',
  testSequencer: '<rootDir>/test/sequencer.js',
  // Half of a run is waiting for other processes and disks. Of more than 100 % Jest takes the number.
  maxWorkers: Math.ceil(availableParallelism() * 2),
  // What a test file has loaded stays in its process.
  workerIdleMemoryLimit: '1GB',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': '<rootDir>/test/strip-types.js' },
  modulePathIgnorePatterns: ['<rootDir>/cdk.out', '<rootDir>/.cache'],
};
