import type { Slip } from './kind.ts';

const WORDS = { test: 'lambda/aws/words-of-aws.test.ts' };
const VERB = { test: 'lambda/aws/verb-answer.test.ts' };
const MONITOR = { file: 'lambda/aws/monitor.ts', test: 'lambda/aws/monitor.test.ts' };
const METRICS = { file: 'lambda/aws/metrics.ts', test: 'lambda/handlers/drill.handler.test.ts' };
const ALARMS = { file: 'lambda/aws/alarms.ts', test: 'lambda/aws/alarms.test.ts' };
const UNHEARD = { file: 'lambda/core/guard/unheard.ts', test: 'lambda/core/guard/unheard.test.ts' };
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
  {
    ...{ slip: 'an alarm is one since anything of it was updated', ...ALARMS },
    code: 'alarm.StateTransitionedTimestamp ?? alarm.StateUpdatedTimestamp',
    instead: 'alarm.StateUpdatedTimestamp ?? alarm.StateTransitionedTimestamp',
    named: 'is one since its state changed, and not since something else of it did',
  },
  {
    ...{ slip: 'an alarm that is switched off was to notify people', ...ALARMS },
    code: 'ActionsEnabled === false || ',
    instead: '',
    named: 'is none that was to notify people where it is switched off',
  },
  {
    ...{ slip: 'what became of a message of before counts for the one of now', ...ALARMS },
    code: ' || changedAt < since - SLACK_MS',
    instead: '',
    named: 'is no word where it is of a change before',
  },
  {
    ...{ slip: 'whatever did not fail has succeeded', ...ALARMS },
    code: "return word === 'Failed' || word === 'Failed to execute' ? false : undefined;",
    instead: "return word !== 'Failed' && word !== 'Failed to execute';",
    named: 'is no word where it is in words that nobody knows',
  },
  {
    ...{ slip: 'an alarm that people heard of is said once more', ...UNHEARD },
    code: 'actions.some(({ succeeded }) => succeeded)',
    instead: 'actions.length === 0',
    named: 'not where it succeeded',
  },
  {
    ...{ slip: 'no record of a message is that of a failure', ...UNHEARD },
    code: 'actions.at(-1)?.detail;',
    instead: "(actions.at(-1)?.detail ?? 'nothing is on record');",
    named: 'not where nothing is on record',
  },
  {
    ...{ slip: 'an alarm is noted before people are notified of it', ...UNHEARD },
    code: "    await people.notify({ kind: 'unheardAlarms', alarms: found });\n",
    instead:
      "    await alarmNotes.write({ about: found.map(changeOf).join('\\n'), at: clock.now() });\n    await people.notify({ kind: 'unheardAlarms', alarms: found });\n",
    named: 'that cannot notify: the next one notifies people',
  },
];
