import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from '@jest/globals';
import { TreeWriter } from '../../../../host/agent/intake/tree.ts';
import { contentOf, readArchive } from '../../../../host/agent/intake/zip.ts';
import { LIMITS } from '../../../../intake/limits.ts';
import { Refused } from '../../../../intake/refusal.ts';
import { sentenceOf } from '../../../../intake/words.ts';
import { HOSTILE, type Hostile } from './hostile.ts';
import { zip } from './zips.ts';

const disk = mkdtempSync(join(tmpdir(), 'remount-zips-'));
afterAll(() => rmSync(disk, { recursive: true }));
const top = join(disk, 'volume');
const course = join(top, 'aside', 'tree');
beforeEach(() => {
  rmSync(top, { recursive: true, force: true });
  mkdirSync(course, { recursive: true });
  writeFileSync(join(top, 'escaped'), 'as it was');
});

/** As the intake does it. @returns what was written, by path */
async function unpack({ bytes, limits, ignoreCase = false }: Pick<Hostile, 'bytes' | 'limits' | 'ignoreCase'>) {
  const path = join(disk, 'upload');
  writeFileSync(path, bytes);
  const file = await open(path);
  try {
    const archive = await readArchive(file, bytes.length, { limits: { ...LIMITS, ...limits }, ignoreCase });
    const tree = new TreeWriter(course);
    for (const directory of archive.directories) await tree.directory(directory);
    const written = [];
    for (const member of archive.files) written.push(await tree.file(member.path, contentOf(file, member)));
    return { archive, written };
  } finally {
    await file.close();
  }
}

const all = (of: string) => readdirSync(of, { recursive: true, encoding: 'utf8' }).sort();

describe('is refused, and nothing of it is anywhere but aside', () => {
  test('there are enough of them', () => expect(Object.keys(HOSTILE).length).toBeGreaterThanOrEqual(40));

  test.each(Object.entries(HOSTILE))('%s', async (_, hostile) => {
    const refused = await unpack(hostile).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(Refused);
    const { refusals } = refused as Refused;
    expect(refusals[0]).toMatchObject(hostile.expected);
    for (const refusal of refusals) expect(sentenceOf(refusal)).not.toMatch(/undefined|NaN/);
    const elsewhere = all(top).filter((name) => !name.startsWith('aside/tree/'));
    expect(elsewhere).toEqual(['aside', 'aside/tree', 'escaped']);
    expect(readFileSync(join(top, 'escaped'), 'utf8')).toBe('as it was');
    // What is told by names and sizes alone has not written a byte.
    const { code } = refusals[0] ?? {};
    const late = ['checksum', 'size', 'damaged'].includes(code ?? '');
    if (!late) expect(all(course)).toEqual([]);
    for (const name of all(course)) expect(statSync(join(course, name)).size).toBeLessThanOrEqual(100_000);
  });
});

test('all that is wrong with names is said, up to twenty', async () => {
  const members = Array.from({ length: 30 }, (_, i) => ({ name: `../${i}`, content: 'x' }));
  const refused = (await unpack({ bytes: zip(members) }).catch((error: unknown) => error)) as Refused;
  expect(refused.refusals).toHaveLength(20);
});

describe('what other programs pack is unpacked as they had it', () => {
  const content = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7919) % 251));

  test('files, directories, an empty one, and what is left out', async () => {
    const { archive, written } = await unpack({
      bytes: zip([
        { name: 'a/', mode: 0o040755 },
        { name: 'a/b/c.bin', content, deflate: true, mode: 0o100644 },
        { name: 'stored.bin', content },
        { name: 'none', content: '' },
        { name: 'empty/', mode: 0o040755 },
        { name: '__MACOSX/a/b/._c.bin', content: 'x' },
        { name: '.DS_Store', content: 'x' },
        { name: './', mode: 0o040755 },
      ]),
    });
    const sha256 = createHash('sha256').update(content).digest('hex');
    expect(written.map(({ path, size, sha256: sum }) => [path, size, sum === sha256])).toEqual([
      ['a/b/c.bin', 300_000, true],
      ['stored.bin', 300_000, true],
      ['none', 0, false],
    ]);
    expect(readFileSync(join(course, 'a/b/c.bin')).equals(content)).toBe(true);
    expect(all(course)).toEqual(['a', 'a/b', 'a/b/c.bin', 'empty', 'none', 'stored.bin']);
    expect(archive.leftOut).toBe(3);
    expect(archive.size).toMatchObject({ files: 3, directories: 4, bytes: 600_000 });
    expect(statSync(join(course, 'stored.bin')).mode & 0o7777).toBe(0o644);
    expect(statSync(join(course, 'a/b')).mode & 0o7777).toBe(0o755);
  });

  test('names in UTF-8 with and without the flag, in code page 437, and with a comment behind them', async () => {
    const { written } = await unpack({
      bytes: zip(
        [
          { name: 'é1', content: 'x' },
          { name: 'é2', content: 'x', flags: 0 },
          { name: Buffer.from('8233', 'hex'), content: 'x', flags: 0 },
          { name: 'CASE', content: 'x', comment: Buffer.alloc(60_000) },
          { name: 'case', content: 'y' },
        ],
        { comment: Buffer.from('a comment') },
      ),
    });
    expect(written.map(({ path }) => path)).toEqual(['é1', 'é2', 'é3', 'CASE', 'case']);
  });

  test('bits that would make a program of it are not taken', async () => {
    await unpack({ bytes: zip([{ name: 'run', content: 'x', mode: 0o106755 }]) });
    expect(statSync(join(course, 'run')).mode & 0o7777).toBe(0o644);
  });

  test('an archive behind other bytes is one, where its offsets say so', async () => {
    const { written } = await unpack({ bytes: zip([{ name: 'a', content: 'x' }], { before: Buffer.alloc(1000) }) });
    expect(written).toHaveLength(1);
  });

  test("of Python's zipfile, with sizes behind the content", async () => {
    const path = join(disk, 'python.zip');
    const script = `import sys, zipfile
class Pipe:
  def __init__(self, f): self.f = f
  def write(self, b): return self.f.write(b)
  def flush(self): self.f.flush()
with open(sys.argv[1], "wb") as f, zipfile.ZipFile(Pipe(f), "w", zipfile.ZIP_DEFLATED) as z:
  for i in range(100): z.writestr("d/%d.txt" % i, "text %d " % i * 1000)
`;
    execFileSync('/usr/bin/python3', ['-c', script, path]);
    const { archive, written } = await unpack({ bytes: readFileSync(path) });
    expect(written).toHaveLength(100);
    expect(archive.size.bytes).toBe(written.reduce((sum, { size }) => sum + size, 0));
    expect(readFileSync(join(course, 'd/42.txt'), 'utf8')).toBe('text 42 '.repeat(1000));
  });
});
