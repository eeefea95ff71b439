import type { Slip } from './kind.ts';

const WORDS = { test: 'lambda/aws/words-of-aws.test.ts' };
const VERB = { test: 'lambda/aws/verb-answer.test.ts' };
const MONITOR = { file: 'lambda/aws/monitor.ts', test: 'lambda/aws/monitor.test.ts' };
const METRICS = { file: 'lambda/aws/metrics.ts', test: 'lambda/handlers/drill.handler.test.ts' };
const KEEP = { file: 'lambda/core/keep/keep.ts', test: 'lambda/core/keep/keep.test.ts' };

const CHECKS = {
  ...{ ...WORDS, file: 'lambda/aws/ec2/instances.ts' },
  code: "[each.InstanceStatus?.Status, each.SystemStatus?.Status].includes('impaired')",
  named: 'that one fails is enough: of the machine, of what is below it, or of a volume',
};

/** Of several words of an answer that mean the same one is not known, or is taken for more than it says. */
export const ANSWERS: readonly Slip[] = [
  {
    ...{ slip: 'what is below a machine never fails', ...CHECKS },
    instead: "each.InstanceStatus?.Status === 'impaired'",
  },
  {
    ...{ slip: 'a machine itself never fails', ...CHECKS },
    instead: "each.SystemStatus?.Status === 'impaired'",
  },
  {
    ...{ slip: 'whatever is not ok has failed', ...CHECKS },
    instead: "[each.InstanceStatus?.Status, each.SystemStatus?.Status].some((s) => s !== 'ok')",
    named: 'insufficient-data is no failure',
  },
  {
    ...{ slip: 'a verb that Systems Manager gave up is waited for', ...WORDS, file: 'lambda/aws/ssm/host.ts' },
    code: "'Cancelled', 'TimedOut'];",
    instead: "'Cancelled'];",
    named: 'a verb: with each word that it ends with, its answer is taken',
  },
  {
    ...{ slip: 'a verb that is being cancelled has ended', ...WORDS, file: 'lambda/aws/ssm/host.ts' },
    code: "'Cancelled', 'TimedOut'];",
    instead: "'Cancelled', 'Cancelling', 'TimedOut'];",
    named: 'a verb: with any other it is waited for',
  },
  {
    ...{ slip: 'an update that was cancelled is waited for', ...WORDS, file: 'lambda/aws/ssm/software.ts' },
    code: "'Cancelled', 'TimedOut'];",
    instead: "'TimedOut'];",
    named: 'host software: with each word that it ends with, its answer is taken',
  },
  {
    ...{ slip: 'a command that Systems Manager gave up hangs', ...VERB, file: 'lambda/aws/ssm/verb-answer.ts' },
    code: "&& seen.Status !== 'Failed')\n    return { result: 'unreachable',",
    instead: "&& seen.Status !== 'Failed')\n    return { result: 'timeout',",
    named: 'to which a command could not be delivered is unreachable, and nothing is said of its disk',
  },
  {
    ...{ slip: 'the oldest minute is taken for the newest', ...MONITOR },
    code: "ScanBy: 'TimestampDescending',",
    instead: "ScanBy: 'TimestampAscending',",
    named: 'of two minutes the newest counts',
  },
  {
    ...{ slip: 'a drill that failed is published as passed', ...METRICS },
    code: 'passed ? 1 : 0',
    instead: '1',
    named: 'the metrics of a drill go out in one call',
  },
  {
    ...{ slip: 'a drill that left something out is published as complete', ...METRICS },
    code: 'complete ? 1 : 0',
    instead: '1',
    named: 'the metrics of a drill go out in one call',
  },
  {
    ...{ slip: 'a volume in state error is adopted', ...KEEP },
    code: "['deleting', 'deleted', 'error'];",
    instead: "['deleting', 'deleted'];",
    named: 'waits for a volume that is being made, and takes none that failed',
  },
  {
    ...{ slip: 'a volume that is being deleted is adopted', ...KEEP },
    code: "['deleting', 'deleted', 'error'];",
    instead: "['deleted', 'error'];",
    named: 'waits for a volume that is being made, and takes none that failed',
  },
];
