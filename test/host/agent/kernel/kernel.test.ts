import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { realDiskTest, runScript } from '../../../simulator/disks/real-disk-test.ts';

const realTest = realDiskTest();
const run = (script: string) => runScript(join(import.meta.dirname, script)) as Record<string, unknown>;

describe('the reader of events, on real XFS', () => {
  realTest('says what happens to files, by what they are and where', () => {
    const { first, ...said } = run('kinds.script.ts') as Record<string, string[]>;
    expect(first).toEqual({ kind: 'doubt', cause: 'started' });
    expect(said).toEqual({
      created: ['created+written+closed, new, a/new'],
      directory: ['created of a directory, inner, a/inner'],
      'moved across directories': ['renamed, new, a/new, b/moved'],
      'directory moved': ['renamed of a directory, inner, a/inner, b/inner'],
      'moved over another': ['renamed, new, b/moved, /over', 'attributes, over'],
      linked: ['attributes, new', 'created, new, a/linked'],
      unlinked: ['attributes, new', 'deleted, new, a/linked'],
      symlink: ['created, symlink, a/symlink'],
      pipe: ['created, pipe, a/pipe'],
      'directory removed': ['deleted of a directory, inner, b/inner'],
      mode: ['attributes, exist, /exist'],
      'mode of a directory': ['attributes of a directory, a'],
      'owner of a link': ['attributes, sym, /sym'],
      'times of a link': ['attributes, sym, /sym'],
      attribute: ['attributes, exist, /exist'],
      'truncate(2), which opens nothing': ['written, exist, /exist'],
      'written, and still open': ['written, exist, /exist'],
      closed: ['closed, exist, /exist'],
      'written through a mapping after close': ['closed, held, /held'],
      // What has no name has one that nobody finds.
      'without a name, and then with one': [
        expect.stringMatching(/^written\+closed, (#\d+), a\/\1$/),
        expect.stringMatching(/^attributes, #\d+$/),
        expect.stringMatching(/^created, #\d+, b\/late$/),
      ],
      exchanged: ['renamed, exist, /exist, /over', 'renamed, new, /over, /exist'],
      'no UTF-8': ['created+closed, \xff\xfe, a/\xff\xfe'],
      'a newline': ['created+closed, x\ny, a/x\ny'],
      'the longest name': [`created of a directory, ${'n'.repeat(255)}, a/${'n'.repeat(255)}`],
      'only read': [],
      'many times': expect.arrayContaining(['created+written+closed, log, a/log']),
    });
    // Not each of 200.
    expect(said['many times']?.length).toBeLessThan(20);
  });

  realTest('marks what it is to mark and nothing else, survives what is done to it, and is in nobody’s way', () => {
    const {
      'another one is mounted': other,
      'after an overflow': overflow,
      'after a kill': kill,
      ...said
    } = run('life.script.ts');
    const refused = (code: string) => [code, code];
    expect(said).toEqual({
      'a directory where nothing is mounted': refused('notMounted'),
      'no directory': refused('notMounted'),
      'a link to the mount point': refused('notMounted'),
      'a directory of the volume': refused('notMounted'),
      'another device': refused('otherDevice'),
      'no xfs': refused('notXfs'),
      'no python': refused('failed'),
      'umount goes through': ['doubt: started', 'last', 'gone: unmounted'],
      'the resolver after umount': 'unmounted',
      'after umount': refused('notMounted'),
      // All that was done before is said: the doubt, 5001 directories, and its end.
      'mounted again': [5003, 'gone: replaced'],
      'the resolver when mounted again': 'replaced',
      'mounted over': ['doubt: started', 'gone: replaced'],
      'unmounted lazily': 'gone: unmounted',
      'shut down': [[{ code: 'EIO' }], { code: 'EIO' }, ['doubt: started', 'gone: unmounted']],
      stopped: ['all', ['doubt: overflow']],
      'nobody takes it': ['doubt: overflow'],
      killed: 'doubt: helperEnded',
      'killed while it speaks': ['doubt: helperEnded'],
      'resolver killed': ['ended', 'answered'],
      frozen: ['answered', 'late', 'late'],
      'said while it is frozen': 'frozen',
      thawed: 'answered',
      'events.py without stdin': 0,
      'events.py without stdout': 0,
      'resolve.py without stdin': 0,
      'resolve.py without stdout': 'SIGPIPE',
    });
    expect(String(other)).toMatch(/^doubt: started,there,sentinel/);
    expect(String(overflow)).toMatch(/^afterwards,sentinel/);
    expect(String(kill)).toMatch(/^again,sentinel.*,true$/);
  });
});

describe('whatever is done', () => {
  realTest('each name and each thing that differs afterwards was said to have changed', () => {
    const { differences, ...said } = run('complete.script.ts');
    expect(said).toEqual({ seed: 1, done: expect.any(Number), found: [] });
    expect(differences).toBeGreaterThan(300);
  });
});

describe('the resolver, on real XFS', () => {
  realTest('answers for what a handle, a name or a path is of', () => {
    const same = Object.fromEntries(['f', 's', 'p', 'null', 'd'].map((name) => [`stat of ${name}`, []]));
    expect(run('resolve.script.ts')).toEqual({
      ...same,
      target: 'to\xff',
      'two names': true,
      'by its handle': [1, true],
      'of what is removed': ['ESTALE', 'ESTALE'],
      'an inode that is used again': [1, false, 'ESTALE'],
      // ELOOP, ENOTDIR: the way leads over a link; EXDEV: out of the volume.
      refused: [
        ...['ENOTDIR', 'ENOTDIR', 'ELOOP', 'EXDEV', 'EINVAL', 'EINVAL', 'EINVAL', 'ENOENT', 'ENOENT'],
        ...['ENOTDIR', 'EXDEV', 'ESTALE', 'ESTALE'],
      ],
      'odd names': [['answered'], ['\x80'.repeat(255)]],
      paths: ['d/\xff\n', 'd/e', '', 'ENOTDIR'],
      // While somebody has it open it has a handle, and no path.
      'path of what is removed': ['ENOENT', 'ESTALE'],
      attributes: [
        [
          ['trusted.long', 60000, 'y'.repeat(9)],
          ['user.a', 3, '\0\xff\n'],
          ['user.empty', 0, ''],
        ],
        [['trusted.t', 9, 'of a link']],
        [],
        null,
      ],
      'open for writing': [false, false, true, null, null],
      'and closed': [false, null],
      list: [true, true, true],
      'list of no directory': 'ENOTDIR',
      reading: ['1\n', '2\n', 'ELOOP', 'ENOENT', 0],
      'reading too many': 'received 65 places to open at once; allowed: 64',
      sync: 'synced',
      held: 0,
    });
  });
});

describe('the resolver, changing files on real XFS', () => {
  realTest('gives them all that they are to be, and reads what all are', () => {
    const identity = { 'trusted.identity': Buffer.from('81aa').toString('hex') };
    expect(run('changes.script.ts')).toEqual({
      dressed: ['done', 'done', 'done', 'done', 'ENOTSUP', 'ENOENT'],
      // Type and mode, owner, accessed, modified. A link is meant itself; set-user-ID stays, for the owner comes first.
      stats: ['106751', '120777', '43700', '10600'].map((mode) => `${mode} 7 8 1000000001 -1500000001`),
      attributes: [{ 'user.bytes': '00ff', 'user.\xff': '' }, identity, identity],
      'what is left out stays': ['106751 7 8 1000000001 5', '43700 7 8 6 -1500000001', { 'user.\xff': '' }],
      new: ['EEXIST', 'done', ['three: one', 'two: two']],
      exchange: ['done', 'ENOENT', ['three: two', 'two: one']],
      replace: ['done', ['three: one'], 'ESTALE'],
      link: [['done'], true, ['ESTALE', 'EEXIST']],
      data: [[String(2 ** 32), '4096'], [String(2 ** 32 + 5), '4091'], null, null, null, null, 'ENOENT'],
      swept: ['', '', '', '', '', '', '', ''],
      'swept all': [true, 2500],
      lent: [1, 0],
    });
  });
});

/** What Amazon Linux 2023 has: docs.aws.amazon.com/linux/al2023/ug/python.html */
const PYTHON = [3, 9];

test('the helpers are written in the Python that instances have', () => {
  const folder = join(import.meta.dirname, '../../../../host/agent/kernel');
  const parse = `import ast, glob
found = glob.glob(${JSON.stringify(folder)} + '/*.py')
for name in found: ast.parse(open(name).read(), name, feature_version=(${PYTHON}))
print(len(found))`;
  const { stdout, stderr } = spawnSync('/usr/bin/python3', ['-c', parse], { encoding: 'utf8' });
  expect([stderr, Number(stdout) > 4]).toEqual(['', true]);
});
