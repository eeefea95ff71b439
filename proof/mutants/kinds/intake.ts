import type { Slip } from './kind.ts';

type Row = readonly [slip: string, code: string, instead: string, named: string];

const slips = (file: string, test: string, rows: readonly Row[]): readonly Slip[] =>
  rows.map(([slip, code, instead, named]) => ({ slip, file, code, instead, test, named }));

/** What an intake takes for more, newer or safer than it is. */
export const INTAKE: readonly Slip[] = [
  ...slips('intake/decide.ts', 'intake/upload.test.ts', [
    [
      'a course that was deleted comes back',
      'const known = [carried, noted]',
      'const known = [carried]',
      'once: not where the course carries it, or where a note says that it did before it was deleted',
    ],
    [
      'an older upload takes the place of a newer one',
      'one.key !== upload.key && isNewer(one, upload)',
      'false',
      'not over one of another key that is newer',
    ],
    [
      'a multipart upload that was begun earlier is never taken in',
      'one.key !== upload.key && isNewer',
      'isNewer',
      'where S3 has it as a newer version of what is there, whatever the times say',
    ],
  ]),
  ...slips('intake/path.ts', 'host/agent/intake/zip.test.ts', [
    ['a path leads out of its course', "name.split('/').includes('..')", 'false', 'a path upwards from within'],
    ['a backslash is a letter', "if (name.includes('\\\\')) return 'backslash';\n", '', 'a backslash within'],
    ['what the volume keeps is written', "if (name === '.remount') return 'own';\n", '', 'that name deeper'],
  ]),
  ...slips('intake/limits.ts', 'host/agent/intake/zip.test.ts', [
    ['a bomb is unpacked', 'bytes > uploaded * limits.ratio', 'false', 'a bomb by its ratio'],
    ['a size that is none is small', '!(bytes <= limits.bytes)', 'bytes > 2 ** 70', 'a size of 16 EiB, by zip64'],
  ]),
  ...slips('host/agent/intake/zip.ts', 'host/agent/intake/zip.test.ts', [
    [
      'a link is unpacked',
      'type !== 0 && type !== REGULAR && type !== DIRECTORY',
      'false',
      'a link, and a file beneath it',
    ],
    ['members share their bytes', 'if (from < (found[at - 1]?.to ?? 0))', 'if (from < 0)', 'a member within another'],
    ['nobody adds up', 'if (sum !== member.crc32)', 'if (sum < 0)', 'a wrong sum, deflated'],
    [
      'more comes than was said',
      'if (come > size) throw new Refused',
      'if (come < 0) throw new Refused',
      'longer than said',
    ],
    [
      'a name is another one in its header',
      '!fileName.equals(entry.fileNameRaw) || ',
      '',
      'called otherwise in its own header',
    ],
  ]),
  ...slips('intake/names.ts', 'host/agent/intake/zip.test.ts', [
    [
      'two forms of a name are two',
      "path.normalize('NFC');\n    return",
      'path;\n    return',
      'two Unicode forms of a directory',
    ],
    [
      'directories are not counted',
      'if (this.#named.size >= this.#options.limits.names)',
      'if (this.#named.size < 0)',
      'a bomb by directories that nobody lists',
    ],
  ]),
  {
    slip: 'a course without its note comes back once it is deleted',
    file: 'host/agent/intake/start.ts',
    code: 'return isNoted ? undefined : one;',
    instead: 'return here ? undefined : one;',
    test: 'host/agent/intake/killed.test.ts',
    named: 'killed at any call, nothing is lost',
  },
  {
    slip: 'what was answered before comes back over what is newer and was not hidden',
    file: 'host/agent/intake/start.ts',
    code: 'if (!hidden && newest && known.some((one) => isSame(one, newest))) return undefined;',
    instead: '',
    test: 'host/agent/intake/start.test.ts',
    named: 'what is here and was not hidden brings nothing older back',
  },
  {
    slip: 'who is owner no more refuses uploads',
    file: 'host/agent/intake/settle.ts',
    code: '  await world.courses.claim();\n  await flushed(world);\n',
    instead: '',
    test: 'host/agent/intake/journaled.test.ts',
    named: 'what is taken in is in the journal',
  },
  ...slips('host/agent/intake/s3.ts', 'host/agent/intake/s3.test.ts', [
    [
      'a newer upload is hidden',
      'Key, IfMatch: etag }',
      'Key }',
      'an answer is written once, and an upload hidden where it is the one that was meant',
    ],
    ['an answer is written over', "        IfNoneMatch: '*',\n", '', 'an answer is written once'],
    ['reading may not take long', '        clearTimeout(timer);\n', '', 'an object takes as long as it takes'],
    [
      'the marker that hides is not seen',
      'if (marker && items.at(-1)?.key !== version.key) items.push(marker);\n',
      '',
      'versions are listed newest first',
    ],
  ]),
];
