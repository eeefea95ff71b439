import type { Slip } from './kind.ts';

type Line = readonly [slip: string, code: string, instead: string, named: string];
const slips = (file: string, test: string, lines: readonly Line[]): Slip[] =>
  lines.map(([slip, code, instead, named]) => ({ slip, file, code, instead, test, named }));

/** Rules of the journal of files (docs/journal.md). */
export const JOURNAL: readonly Slip[] = [
  ...slips('lambda/core/heal/drain.ts', 'lambda/core/heal/drain.test.ts', [
    [
      'a drain that fails keeps content from being served',
      "        return { ...said, state: 'failed' as const, why: message(error) };",
      '        throw error;',
      'Systems Manager refuses it, as when it throttles',
    ],
    [
      'that it was served unsealed is not said',
      "return [{ code: 'journalUnsealed', ...read }];",
      'return [];',
      'S3 does not answer: it is served unsealed',
    ],
  ]),
  ...slips('journal/protocol.ts', 'journal/protocol.test.ts', [
    [
      'a number that is taken is a fence',
      "    case 'taken':\n",
      "    case 'taken':\n      return 'fenced' as never;\n",
      'an answer that is "taken" leads to: look',
    ],
    [
      'a number that is taken is a success',
      "    case 'taken':\n",
      "    case 'taken':\n      return 'acknowledged';\n",
      'an answer that is "taken" leads to: look',
    ],
    [
      'no answer is a success, and the next write goes on beside this one',
      "    case 'unheard':\n",
      "      return 'look';\n    case 'unheard':\n      return 'acknowledged';\n",
      'an answer that is "unheard" leads to: look',
    ],
    [
      'a number that is not there yet is passed over',
      "return { take: 'wait', reading: { cursor, term } };",
      "return { take: 'skip', reading: { cursor: cursor + 1, term } };",
      'waits where nothing is, and is then where it was',
    ],
    [
      'what has a lower term counts after a seal',
      "found.term >= term ? 'apply'",
      "found.term >= 0 ? 'apply'",
      'takes every number once, and after a seal nothing of a lower term',
    ],
    [
      'who reads a higher term as it starts goes on',
      "  if (found.term > term) return 'fenced';\n",
      '',
      'who starts and reads a higher term',
    ],
  ]),
  ...slips('host/agent/journal/marker.ts', 'host/agent/journal/marker.test.ts', [
    [
      'a term that has ended is taken once more after a restart',
      'if (found.term > term) return',
      'if (found.term < 0) return',
      'a term that has ended, another writer of the same, another volume and a broken marker are refused',
    ],
    [
      'who was fenced forgets it',
      'fenced: same.some((one) => one?.fenced),',
      'fenced: false,',
      'who is fenced stays so, also on another copy of its volume',
    ],
    [
      'a run is used twice',
      'same.map((one) => one?.run ?? 0)) + 1,',
      'same.map((one) => one?.run ?? 0), 1),',
      'each start of a writer has a run of its own',
    ],
  ]),
  ...slips('host/agent/journal/s3.ts', 'host/agent/journal/s3.test.ts', [
    ['the SDK tries again', 'maxAttempts: 1,', 'maxAttempts: 3,', 'each call is one request, however it ends'],
    [
      'what is there is written over',
      "      IfNoneMatch: '*',\n",
      '',
      'an object is written once, and read with its signature',
    ],
  ]),
  ...slips('journal/apply/plan.ts', 'journal/apply/plan.test.ts', [
    [
      'what is gone comes back',
      "      else if (record.record === 'gone') this.#gone.add(record.identity);\n",
      '',
      'what is gone is in the trash, with all its names',
    ],
  ]),
  ...slips('host/release.sh', 'host/agent/service.test.ts', [
    [
      'a release flushes nothing',
      '  if find_mount "$staging"; then flush_journal; fi\n',
      '',
      'a host runs the writer of what it serves, and nothing waits for it, in dash',
    ],
  ]),
];
