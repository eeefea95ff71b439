import { broken, type Mutant } from './mutant.ts';

/** Of scenarios about what is taken for evidence, and what is not. */
export const EVIDENCE_PARTS: readonly Mutant[] = [
  broken(
    'empty-answer',
    'an answer that is not what the verb promises is none',
    'lambda/aws/ssm/verb-answer.ts',
    'if (wrong === undefined) return',
    "if (wrong !== '') return",
    /BROKEN .*without an answer nothing is verified/,
  ),
  broken(
    'copies-after-failure',
    'copies from after the failure come last, and take no place from those before',
    'lambda/core/heal/candidates.ts',
    'const before = points.filter((p) => p.at <= failedAt).slice(0, MAX_RECOVERY_POINTS);',
    'const before = points.slice(0, MAX_RECOVERY_POINTS);',
    /BROKEN .*none of them is tried/,
  ),
  broken(
    'slow-mount',
    'a mount that moves on is waited for',
    'lambda/core/world/patience.ts',
    "answer.result === 'mounting' && journal",
    "answer.result === 'ok' && journal",
  ),
  broken(
    'mount-hangs',
    'what moves nothing is not waited for',
    'lambda/core/world/patience.ts',
    "answer.result === 'mounting' && journal",
    "['mounting', 'timeout'].includes(answer.result) && journal",
  ),
  broken(
    'cold-volume',
    'a count that was cut off for its time is no fault of the copy',
    'lambda/core/heal/takeover.ts',
    'if (Number.isNaN(canaryAt) || !Number.isInteger(files)) {',
    "if (Number.isNaN(canaryAt) || verified.values.filesComplete !== 'true') {",
  ),
  broken(
    'content-falls',
    'the copy from before a fall outlives the schedule',
    'lambda/core/guard/hold.ts',
    's === verified || isKept(s, at)',
    's === verified',
    /BROKEN .*the last copy with the courses is there/,
  ),
  broken(
    'unreadable-file',
    'files that the web server may not read are told',
    'lambda/core/drill/remarks.ts',
    'const reportUnreadable = unreadable > 0 &&',
    'const reportUnreadable = unreadable > 9 &&',
    /BROKEN .*a person is told once, with how many/,
  ),
];
