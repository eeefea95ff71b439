import { broken, type Mutant } from './mutant.ts';

/** Of scenarios about what is taken for evidence, and what is not. */
export const EVIDENCE_PARTS: readonly Mutant[] = [
  broken(
    'empty-answer',
    'an answer that is not what the verb promises is none',
    {
      file: 'lambda/aws/ssm/verb-answer.ts',
      code: 'if (wrong === undefined) return',
      instead: "if (wrong !== '') return",
    },
    [{ promise: 'without an answer nothing is verified, and no spare is made of it' }],
  ),
  broken(
    'copies-after-failure',
    'copies from after the failure come last, and take no place from those before',
    {
      file: 'lambda/core/heal/candidates.ts',
      code: 'const before = points.filter((p) => p.at <= failedAt).slice(0, MAX_RECOVERY_POINTS);',
      instead: 'const before = points.slice(0, MAX_RECOVERY_POINTS);',
    },
    [{ promise: 'none of them is tried' }],
  ),
  broken('slow-mount', 'a mount that moves on is waited for', {
    file: 'lambda/core/world/patience.ts',
    code: "answer.result === 'mounting' && journal",
    instead: "answer.result === 'ok' && journal",
  }),
  broken('mount-hangs', 'what moves nothing is not waited for', {
    file: 'lambda/core/world/patience.ts',
    code: "answer.result === 'mounting' && journal",
    instead: "['mounting', 'timeout'].includes(answer.result) && journal",
  }),
  broken('volume-hangs', 'a mount that hangs on two hosts is the volume’s fault', {
    file: 'lambda/core/heal/heal.ts',
    code: 'if (hung && before?.volumeId === hung && before.instanceId !== useless) {',
    instead: 'if (hung && before?.volumeId !== hung && before?.instanceId === useless) {',
  }),
  broken('cold-volume', 'a count that was cut off for its time is no fault of the copy', {
    file: 'lambda/core/heal/takeover.ts',
    code: 'if (Number.isNaN(canaryAt) || !Number.isInteger(files)) {',
    instead: "if (Number.isNaN(canaryAt) || verified.values.filesComplete !== 'true') {",
  }),
  broken(
    'content-falls',
    'the copy from before a fall outlives the schedule',
    { file: 'lambda/core/guard/hold.ts', code: 's === verified || isKept(s, at)', instead: 's === verified' },
    [{ promise: 'the last copy with the courses is there, although it is older than the schedule keeps any' }],
  ),
  broken(
    'unreadable-file',
    'files that the web server may not read are reported',
    {
      file: 'lambda/core/drill/remarks.ts',
      code: 'const reportUnreadable = unreadable > 0 &&',
      instead: 'const reportUnreadable = unreadable > 9 &&',
    },
    [{ promise: 'a person is notified once, with how many there are' }],
  ),
];
