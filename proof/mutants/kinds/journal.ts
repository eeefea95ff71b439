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
  ...slips('lambda/core/heal/takeover.ts', 'lambda/core/heal/drain.test.ts', [
    [
      'a host to which drain never came is not told its term',
      '() => serve(run, newVolume, instanceId, drained?.term),',
      '() => serve(run, newVolume, instanceId, undefined),',
      'the host gives no answer to it',
    ],
  ]),
  ...slips('lambda/core/heal/mount.ts', 'lambda/core/heal/drain.test.ts', [
    [
      'the new owner of a volume that moves is not told its term',
      'current.id, drained?.term));',
      'current.id));',
      'a volume that moves is drained on its new owner',
    ],
  ]),
  ...slips('host/journal.sh', 'host/agent/service.test.ts', [
    [
      'what was never drained is written with the term of before',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is code, as it stands there
      '[ "${taken:-0}" -lt "$term" ] || return 0',
      'return 0',
      'a host runs the writer of what it serves, and nothing waits for it, in dash',
    ],
  ]),
  ...slips('host/agent/journal/send.ts', 'host/agent/journal/send.test.ts', [
    [
      'what is there and due is taken for kept',
      "return found.answer === 'found' && !found.isDue;",
      "return found.answer === 'found';",
      'what is due and still there says nothing of what stood after it',
    ],
    [
      'who was stopped for a day writes on',
      '        await this.start({ ...this.#marker, acknowledged: this.last });',
      '        this.#knewAt = this.#now();',
      'who was stopped for a month does not write a number of its own that its successor has sealed, and that has expired',
    ],
  ]),
  ...slips('host/agent/journal/s3.ts', 'host/agent/journal/s3.test.ts', [
    [
      'a clock is taken for that of S3',
      '<= this.#now() + SKEW_MS',
      '<= this.#now()',
      'its time is over in ten minutes, by a clock that may be off',
    ],
    [
      'a bucket that is not there has no objects',
      "      if (answer === 'nothing') throw refused('list what follows', from, error);\n",
      "      if (answer === 'nothing') return { answer, now: this.#now() };\n",
      'where there is no bucket nobody knows what was written',
    ],
  ]),
  ...slips('journal/protocol.ts', 'journal/protocol.test.ts', [
    [
      'a clock that is behind makes numbers go back',
      'Math.max(last + 1, now);',
      'now;',
      'the last one is a later time than it is: the next all the same',
    ],
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
  ...slips('host/agent/journal/s3-client.ts', 'host/agent/journal/s3.test.ts', [
    ['the SDK tries again', 'maxAttempts: 1,', 'maxAttempts: 3,', 'each call is one request, however it ends'],
  ]),
  ...slips('host/agent/journal/s3.ts', 'host/agent/journal/s3.test.ts', [
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
  ...slips('host/agent/applier/among.ts', 'host/agent/journal/late.test.ts', [
    [
      'what comes late is applied onto what people have touched',
      'untouched(records, [...touched, ...this.#unknown(records, local)], local)',
      'untouched(records, [], local)',
      'what was not drained is applied later, onto what nobody has touched',
    ],
    [
      'what may have come and gone unheard comes back',
      '[...touched, ...this.#unknown(records, local)]',
      'touched',
      'of a directory in which something changed unheard',
    ],
    [
      'what was made and deleted while it was listened comes back',
      '(identity !== undefined || this.#own.has(keyText(key)))',
      'true',
      'what was not drained is applied later, onto what nobody has touched',
    ],
  ]),
  ...slips('host/agent/applier/applier.ts', 'host/agent/journal/steps.test.ts', [
    [
      'a step that was begun is done again with other numbers',
      'const begun = this.#world.among ? undefined : until;',
      'const begun = until === 0 ? until : undefined;',
      'a step of several segments that was begun is done again as it was',
    ],
  ]),
  ...slips('host/agent/applier/applier.ts', 'host/agent/journal/steps.test.ts', [
    [
      'the cursor comes before syncfs',
      '    await this.#spare.sync();\n    const signs',
      '    const signs',
      'a step of several segments that was begun is done again as it was',
    ],
  ]),
  ...slips('host/agent/applier/takeover.ts', 'host/agent/journal/reference.test.ts', [
    [
      'a new owner does not seal',
      "return sender.send(await spool.make(header, []), { term, writer, run, kind: 'seal' });",
      'return sender.last + (header ? 1 : 0);',
      'whatever happens on a volume stands on its spare, also once that is an owner itself',
    ],
  ]),
  ...slips('host/agent/writer/writer.ts', 'host/agent/journal/recovery.test.ts', [
    [
      'what is heard is relied on, and nothing is looked for',
      'await scan({ ...this.#world, own: this.#own, dirty: this.#dirty, makeRoom: () => this.#makeRoom() });',
      '[this.#dirty.scanBegins(), this.#dirty.scanEnds()];',
      'a snapshot is brought up by the journal, whatever is lost besides',
    ],
  ]),
  ...slips('host/agent/writer/writer.ts', 'host/agent/journal/overrun.test.ts', [
    [
      'a scan that finds too much ends, and begins anew',
      'makeRoom: () => this.#makeRoom()',
      'makeRoom: async () => false',
      'a flush ends beside writers that do not pause, where more has changed than is kept in mind of',
    ],
  ]),
  ...slips('journal/write/dirty.ts', 'journal/write/dirty.test.ts', [
    [
      'what is dropped has changed by now',
      'this.#known = Math.min(this.#known, entry.since);',
      'this.#known = Math.max(this.#known, entry.since);',
      'what is deferred, or was dropped for a scan to find again, is dirty since it was',
    ],
    [
      'what is forced is dropped as well',
      'if (before || entry.forced ||',
      'if (before ||',
      'where too much is dirty at once; what was there before is kept, and what no scan finds',
    ],
    [
      'what is dropped is not looked for',
      "this.wantScan('too much has changed at once');",
      '{}',
      'where too much is dirty at once; what was there before is kept, and what no scan finds',
    ],
  ]),
  ...slips('journal/apply/merge.ts', 'journal/apply/merge.test.ts', [
    [
      'content of a segment before is forgotten',
      "record.content === 'kept' && before?.record === 'file' ?",
      'before === record ?',
      'content that is kept is what a segment before has',
    ],
    [
      'what is gone comes back without its names',
      "?.record === 'gone';",
      "?.record === 'piece';",
      'what is gone takes its names along',
    ],
  ]),
  ...slips('host/agent/applier/takeover.ts', 'host/agent/journal/late.test.ts', [
    [
      'what was not drained is never applied',
      'tree.setMeta(LATE, isLate ?',
      'tree.setMeta(LATE, false && isLate ?',
      'what was not drained is applied later, onto what nobody has touched',
    ],
    [
      'what people have touched is not stated anew after a second takeover',
      'const acknowledged = owes ? raised.acknowledged : cursor;',
      'const acknowledged = cursor;',
      'a takeover that was not finished is done once more',
    ],
  ]),
  ...slips('host/agent/applier/takeover.ts', 'host/agent/journal/unfit.test.ts', [
    [
      'a spare that needs another base is taken over as it is',
      "next.next === 'unfit' && !applier.goOn(Number(clock.wall() / 1_000_000n))",
      "next.next === 'unfit'",
      'a spare that needs another base has what was stated since',
    ],
  ]),
  ...slips('host/agent/journal/send.ts', 'host/agent/journal/unfit.test.ts', [
    [
      'a seal stands in the midst of what has expired',
      'this.#world.store.first(number)',
      'this.#world.store.first(number + 1000)',
      'a base that lacks something says so',
    ],
  ]),
  ...slips('host/agent/applier/applier.ts', 'host/agent/journal/unfit.test.ts', [
    [
      'what has expired is waited for',
      "if (first.answer === 'found' && first.number > number)",
      "if (first.answer === 'found' && first.number < number)",
      'a base that lacks something says so',
    ],
  ]),
  ...slips('host/agent/applier/owed.ts', 'host/agent/journal/unfit.test.ts', [
    [
      'what an unsealed owner never had counts as drained',
      'noted.unsealed === noted.reading.term && ',
      'noted.unsealed === 0 && ',
      'a base that lacks something says so',
    ],
    [
      'what was stated anew is owed for ever',
      'term === unsealed && complete',
      'term === 0 && complete',
      'a base that lacks something says so',
    ],
  ]),
  ...slips('host/service.sh', 'host/agent/service.test.ts', [
    [
      'who is to write begins to listen when people can touch everything',
      '  listen_first\n',
      "  listens=''\n",
      'a host runs the writer of what it serves, and nothing waits for it, in dash',
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
