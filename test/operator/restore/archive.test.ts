import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { BadArchive, unpack } from '../../../operator/restore/archive.ts';
import { Aside } from '../../../operator/restore/place.ts';

const lab = mkdtempSync(join(tmpdir(), 'archive-'));
afterAll(() => rmSync(lab, { recursive: true }));
let made = 0;
const place = () => {
  const directory = join(lab, `${++made}`);
  mkdirSync(directory);
  return directory;
};
/** As `host/bundle.sh` packs. */
function pack(script: string, ...members: readonly string[]): string {
  const directory = place();
  execFileSync('sh', ['-c', script], { cwd: directory });
  const archive = join(lab, `${made}.tar`);
  const how = ['--format=posix', '--pax-option=exthdr.name=%d/pax/%f,delete=atime,delete=ctime', '--numeric-owner'];
  const more = ['--xattrs', '--sparse', '--sparse-version=0.0', '--sort=name', '--directory', directory];
  execFileSync('tar', ['--create', ...how, ...more, '--file', archive, '--', ...members]);
  return archive;
}

async function restored(archive: string, name: string): Promise<string> {
  const into = place();
  const aside = new Aside(into);
  try {
    const { entries, files } = await unpack(archive, aside.files);
    aside.make(entries, files);
    aside.place(entries, name, false);
  } finally {
    aside.clear();
  }
  return join(into, name);
}

describe('what bundle has packed', () => {
  test('is placed as it was: content, links, times, modes, holes', async () => {
    const long = 'n'.repeat(200);
    const at = await restored(
      pack(
        `mkdir -p c/sub && cd c && echo a >a && ln a sub/again && ln -s /etc/passwd out && chmod 640 a && truncate -s 4T hole && echo x >${long} &&
        printf hello | dd of=mid bs=1 seek=3000000 status=none && truncate -s 5000000 mid && touch -d 2025-05-05T05:05:05.123456789Z a`,
        './c',
      ),
      'c',
    );
    expect(readFileSync(join(at, 'a'), 'utf8')).toBe('a\n');
    expect(lstatSync(join(at, 'a')).ino).toBe(lstatSync(join(at, 'sub/again')).ino);
    expect(statSync(join(at, 'a')).mode & 0o777).toBe(0o640);
    expect(statSync(join(at, 'a')).mtime.toISOString()).toBe('2025-05-05T05:05:05.123Z');
    expect(readlinkSync(join(at, 'out'))).toBe('/etc/passwd');
    expect(statSync(join(at, 'hole')).size).toBe(4 * 2 ** 40);
    expect([statSync(join(at, 'mid')).size, readFileSync(join(at, 'mid')).indexOf('hello')]).toEqual([
      5_000_000, 3_000_000,
    ]);
    expect(readFileSync(join(at, long), 'utf8')).toBe('x\n');
  });

  test('may be one file, and all of a volume', async () => {
    expect(readFileSync(await restored(pack('echo a >-a', './-a'), 'b'), 'utf8')).toBe('a\n');
    const all = await restored(pack('mkdir d; echo a >d/a', './'), 'alpha');
    expect(readFileSync(join(all, 'd/a'), 'utf8')).toBe('a\n');
  });

  test('has the name of a fifo alone', async () => {
    const { entries } = await unpack(pack('mkdir c; mkfifo c/pipe', './c'), place());
    expect(entries.map(({ kind, lack }) => [kind, lack])).toEqual([
      ['directory', undefined],
      ['special', 'special'],
    ]);
  });
});

describe('nothing is written elsewhere', () => {
  const hostile = (names: readonly [name: string, to?: string][]) => {
    const archive = join(place(), 'hostile.tar');
    const script = `import sys, tarfile, json
with tarfile.open(sys.argv[1], 'w', format=tarfile.PAX_FORMAT) as tar:
    for name, to in json.loads(sys.argv[2]):
        one = tarfile.TarInfo(name)
        one.type = tarfile.DIRTYPE if name.endswith('/') else tarfile.SYMTYPE if to and to[0] == '>' else tarfile.LNKTYPE if to else tarfile.REGTYPE
        one.linkname = (to or '').lstrip('>')
        tar.addfile(one)`;
    execFileSync('python3', ['-c', script, archive, JSON.stringify(names.map(([name, to]) => [name, to ?? null]))]);
    return archive;
  };
  test.each<readonly [string, readonly [name: string, to?: string][]]>([
    ['out of it', [['./c/'], ['./c/../../x']]],
    ['from the top', [['./c/'], ['/etc/x']]],
    ['beside it', [['./c/'], ['./d']]],
    ['through a link', [['./c/'], ['./c/l', '>/tmp'], ['./c/l/x']]],
    ['in what is not there', [['./c/'], ['./c/d/x']]],
    ['twice', [['./c/'], ['./c/x'], ['./c/x']]],
    ['a hard link to what is not in it', [['./c/'], ['./c/x', '/etc/passwd']]],
    ['a hard link out of it', [['./c/'], ['./c/x', './c/../../y']]],
    ['a hard link to a directory', [['./c/'], ['./c/x', './c/']]],
  ])('%s', async (_, names) => {
    const into = place();
    await expect(unpack(hostile(names), into)).rejects.toThrow(BadArchive);
    expect(existsSync(join(into, '..', 'x'))).toBe(false);
  });

  test('an archive that is cut off, of noise, or of nothing', async () => {
    const bytes = readFileSync(pack('mkdir c; head -c 3000 /dev/zero >c/a', './c'));
    for (const some of [bytes.subarray(0, 2000), bytes.subarray(0, 600), Buffer.alloc(2048, 7), Buffer.alloc(2048)]) {
      const path = join(place(), 'bad.tar');
      writeFileSync(path, some);
      await expect(unpack(path, place())).rejects.toThrow(BadArchive);
    }
  });
});
