import type { Slip } from './kind.ts';

type Line = readonly [slip: string, code: string, instead: string, named: string];
const slips = (file: string, test: string, lines: readonly Line[]): Slip[] =>
  lines.map(([slip, code, instead, named]) => ({ slip, file, code, instead, test, named }));

const RESTORE = 'operator/restore/restore.test.ts';

/** What somebody is given back is what it was then, and lies where it belongs. */
export const RESTORES: readonly Slip[] = [
  ...slips('operator/restore/read.ts', RESTORE, [
    [
      'what an old owner wrote after the seal is taken',
      "if (take === 'apply') {",
      "if (take !== 'wait') {",
      'passes over what carries a lower term after a seal',
    ],
    [
      'a term whose seal has expired never ended',
      'term: number === 1 ? 0 : term };',
      'term: number * 0 * term };',
      'also where the seal has expired',
    ],
    [
      'what came later is taken too',
      'if (at > this.#question.at) throw new Later();',
      '',
      'is before a change, after it, and under the name that a directory had then',
    ],
    [
      'a number that is not there is passed over in silence',
      'if (next.number > number) this.#lacks(number, next.number - 1);',
      '',
      'says which numbers are not there',
    ],
    [
      'an object is believed whose sum is another',
      "if (decoded.state === 'damaged') return",
      "if (decoded.state === 'damaged' && decoded.damage.code !== 'sum') return",
      'believes nothing of an object whose sum is another',
    ],
    [
      'another volume is taken for this one',
      'return volume === this.#question.volume && term',
      'return volume !== undefined && term',
      'does not take a segment of another volume',
    ],
    [
      'a host whose clock is ahead is believed',
      'Math.min(header.taken, latest)',
      'Math.max(header.taken, header.taken)',
      'is by the clock of S3 where that of a host is ahead',
    ],
  ]),
  ...slips('operator/restore/fetch.ts', RESTORE, [
    [
      'content is restored whatever its sha256 is',
      '=== want.record.sha256)',
      '!== undefined)',
      'is nothing whose sha256 is another',
    ],
    [
      'a damaged segment gives content',
      "return decoded.state === 'sound' ? undefined :",
      'return decoded ? undefined :',
      'is nothing of a segment that is damaged behind its index',
    ],
  ]),
  ...slips('operator/restore/place.ts', RESTORE, [
    [
      'what is there already is replaced unasked',
      'if (isThere && !replace) throw',
      "if (isThere && name === '') throw",
      'stays, and nothing is left beside it',
    ],
    [
      'all has the times of its making',
      'lutimesSync(path, seconds, seconds);',
      '',
      'is as it was: modes, times, links',
    ],
  ]),
  ...slips('operator/restore/plan.ts', RESTORE, [
    [
      'a large file without one of its pieces is whole',
      'missing.some(([from, to]) => from <= number && number <= to) ||',
      '',
      'without a piece in between it is named',
    ],
  ]),
  ...slips('journal/past/past.ts', 'journal/past/past.test.ts', [
    [
      'what was deleted comes back by a path',
      'if (!there) this.#set({ directory, name }, identity, 0);',
      'if (!there?.identity) this.#set({ directory, name }, identity, 0);',
      'is not put back where a name was given up',
    ],
    [
      'content that was kept is that of any sha256',
      'before.record.sha256 === sha256 ?',
      'before.record.sha256 !== undefined && sha256 ?',
      'has the content that was stated before, where that is kept',
    ],
    [
      'a directory that was made up stays beside the one that it was',
      'else if (there.identity && isMadeUp(there.identity)',
      'else if (there.identity === identity && isMadeUp(there.identity)',
      'is in the directory that is stated later',
    ],
    [
      'a path is believed after a name on it was stated',
      'if (entry ? entry.number > number || !entry.identity : number <= this.#lostAt) return undefined;',
      'if (entry ? !entry.identity : number <= this.#lostAt) return undefined;',
      'is nowhere, where a name on its way was stated before all was known',
    ],
  ]),
];
