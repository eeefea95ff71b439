import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { journalKey, JOURNAL_METADATA as KEY } from '../../contract/journal.ts';
import type { JournalRecord } from '../../journal/record.ts';
import { cloudFormationClient } from '../../lambda/aws/clients.ts';
import type { Runtime } from '../../lambda/aws/runtime.ts';
import { s3Journals } from '../../operator/aws/journal.ts';
import { outputsOf } from '../../operator/aws/stack.ts';
import { tellPast } from '../../operator/restore/read.ts';
import { heldRuntime } from '../../simulator/held/client.ts';
import { readHeld } from '../../simulator/held/read.ts';
import { node } from '../rehearsal/child.ts';
import { type Holding, holding } from './holding.ts';
import { file, type Part, Segments, sha256 } from './restore/segments.ts';

const ROOT = join(import.meta.dirname, '../..');
const directory = mkdtempSync(join(tmpdir(), 'restored-'));
const remount = (...args: readonly string[]) => node('operator/main.ts', [...args, '--rehearsal']);
const restore = (path: string, at: string, to: string, ...more: readonly string[]) =>
  remount('restore', 'alpha', path, '--at', at, '--to', join(directory, to), '--yes', ...more);
const read = (...path: readonly string[]) => readFileSync(join(directory, ...path), 'utf8');

const COURSE = 'courses/course-9';
/** Moments of the rehearsal's own time. */
/** A term beyond any that the time of a rehearsal gives. */
const LATER = 10_000_000_000;
const moments = { first: '', second: '', renamed: '', deleted: '' };
let held: Holding;
let runtime: Runtime;
let bucket: string;

/** What time it is there. */
async function now(): Promise<string> {
  await runtime.clock.sleep(3000);
  const at = runtime.clock.now();
  await runtime.clock.sleep(3000);
  return new Date(at).toISOString();
}

function upload(content: Readonly<Record<string, string>>): void {
  const from = join(directory, 'course-9');
  rmSync(from, { recursive: true, force: true });
  mkdirSync(from);
  for (const [path, text] of Object.entries(content)) writeFileSync(join(from, path), text);
  expect(remount('upload', from, 'alpha', '--yes').code).toBe(0);
}

/** Somebody writes the next number, as a new owner would. */
async function write(number: number, records: readonly JournalRecord[], parts: readonly Part[] = []): Promise<void> {
  const made = new Segments();
  const taken = runtime.clock.now();
  const all = [...records.map((record) => ({ record })), ...parts];
  await made.add(all, { number, term: LATER, taken, complete: taken });
  const { signature, bytes } = made.journal.objects.get(number) ?? {};
  if (!signature || !bytes) throw new Error('it was not made');
  const { term, writer, run, kind } = signature;
  const s3 = runtime.prepare(new S3Client({ ...runtime.clients }));
  await s3.send(
    new PutObjectCommand({
      ...{ Bucket: bucket, Key: journalKey('alpha', number), Body: bytes, IfNoneMatch: '*' },
      Metadata: {
        [KEY.term]: `${term}`,
        [KEY.writer]: writer,
        [KEY.run]: `${run}`,
        [KEY.sum]: sha256(bytes),
        [KEY.kind]: kind,
      },
    }),
  );
}

beforeAll(async () => {
  held = await holding('intake');
  const place = readHeld();
  if (!place) throw new Error('nothing is held');
  runtime = heldRuntime(place, 'administrator') as Runtime;
  bucket = (await outputsOf(cloudFormationClient(runtime), place.stackName)).get('JournalBucket') ?? '';
  upload({ 'index.html': 'one', 'old.html': 'old' });
  moments.first = await now();
  upload({ 'index.html': 'two' });
  moments.second = await now();
  // A directory is renamed, and later deleted: no command of a person does that to a volume.
  const journals = s3Journals(runtime);
  const question = { volume: 'alpha', path: COURSE, at: runtime.clock.now() };
  const { past, asOf } = await tellPast(journals.of(bucket, 'alpha'), question, runtime.clock);
  journals.close();
  const [courses, course] = ['courses', COURSE].map((path) => past.find(path));
  if (courses?.state !== 'there' || course?.state !== 'there' || !asOf) throw new Error('nothing was uploaded');
  const at = { record: 'name', directory: courses.identity } as const;
  const free = { ...at, name: 'course-9', path: COURSE, identity: null } as const;
  const named = { ...at, name: 'renamed', path: 'courses/renamed', identity: course.identity } as const;
  await write(asOf.number + 1, [free, named]);
  moments.renamed = await now();
  await write(
    asOf.number + 2,
    [
      { ...named, identity: null },
      { record: 'gone', identity: course.identity },
    ],
    [file('other', 'x', 'x')],
  );
  moments.deleted = await now();
});
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
  held.end();
});

describe('remount restore, at a rehearsal that is held', () => {
  test('has a file and a course as they were before a change, byte for byte', () => {
    const { code, stdout, stderr } = restore(COURSE, moments.first, 'first', '--json');
    expect(stderr).toMatch(
      /^alpha: courses\/course-9 as it was at \S+, to \S+\/first\/course-9\nAs of number \d+, of /,
    );
    expect(stderr).toContain('  courses/course-9/old.html\n');
    expect(JSON.parse(stdout)).toMatchObject({ schema: 1, state: 'restored', path: COURSE, missing: [], damaged: [] });
    expect(code).toBe(0);
    expect([read('first/course-9/index.html'), read('first/course-9/old.html')]).toEqual(['one', 'old']);
    const one = restore(`/${COURSE}/index.html`, moments.first, 'file');
    expect(one.stdout).toMatch(/^alpha: courses\/course-9\/index\.html as it was at \S+ is in \S+: 1 file, 3 bytes\n$/);
    expect(read('file/index.html')).toBe('one');
    expect(restore(COURSE, moments.second, 'second').code).toBe(0);
    expect(existsSync(join(directory, 'second/course-9/old.html'))).toBe(false);
    expect(read('second/course-9/index.html')).toBe('two');
  });

  test('has a directory under the name that it had, and as it was before it was deleted', () => {
    const all = restore('courses/renamed', moments.renamed, 'renamed');
    expect([all.code, all.code === 0 ? '' : all.stderr]).toEqual([0, '']);
    expect(read('renamed/renamed/index.html')).toBe('two');
    const before = restore(COURSE, moments.renamed, 'none', '--json');
    expect(before.stderr).toMatch(
      /says that it is not there any more: ask for a moment before that\. .*runbook\.md#a-copy-by-hand\n$/,
    );
    expect(before.stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(JSON.parse(before.stdout)).toMatchObject({
      state: 'absent',
      entries: [],
      gone: { number: expect.any(Number) },
    });
    expect([before.code, existsSync(join(directory, 'none'))]).toEqual([1, false]);
    expect(restore('courses/renamed', moments.deleted, 'none').stderr).toContain('is not there any more');
  });

  test('names how far back the journal reaches, where it has nothing', () => {
    const { code, stdout, stderr } = restore(COURSE, '2d', 'none');
    expect(stderr).toMatch(
      /^alpha: courses\/course-9: the journal does not reach back to \S+: it reaches back to 2026-\S+ \(number 1\)\. /,
    );
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(restore('courses/never', moments.second, 'none').stderr).toContain(': the journal has nothing of it at ');
  });

  test('writes over nothing, unless it is told to', () => {
    mkdirSync(join(directory, 'there/course-9'), { recursive: true });
    writeFileSync(join(directory, 'there/course-9/mine'), 'mine');
    const { code, stderr } = restore(COURSE, moments.first, 'there');
    expect(stderr).toMatch(/^--replace: not given, and \S+\/there\/course-9 is there already; nothing was written\n$/);
    expect([code, readdirSync(join(directory, 'there/course-9'))]).toEqual([3, ['mine']]);
    const told = restore(COURSE, moments.first, 'there', '--replace');
    expect(told.stderr).toContain('\nWhat is there now goes.\n');
    expect([told.code, readdirSync(join(directory, 'there')), read('there/course-9/index.html')]).toEqual([
      0,
      ['course-9'],
      'one',
    ]);
    expect(existsSync(join(directory, 'there/course-9/mine'))).toBe(false);
  });

  test('is not obeyed where nobody can be asked', () => {
    const { code, stdout, stderr } = remount(
      'restore',
      'alpha',
      COURSE,
      '--at',
      moments.first,
      '--to',
      join(directory, 'asked'),
    );
    expect(stderr).toMatch(/^--yes: received nothing, and there is no terminal/m);
    expect({ code, stdout, made: existsSync(join(directory, 'asked')) }).toEqual({ code: 3, stdout: '', made: false });
  });

  test('ends with Ctrl-C, and nothing of it is left', async () => {
    const to = join(directory, 'cut');
    const args = ['restore', 'alpha', COURSE, '--at', moments.first, '--to', to, '--yes', '--rehearsal'];
    const child = spawn(process.execPath, ['operator/main.ts', ...args], {
      cwd: ROOT,
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    let said = '';
    child.stderr.on('data', (bytes: Buffer) => {
      said += bytes.toString();
      if (said.includes('As of number') && !child.killed) child.kill('SIGINT');
    });
    const [code, signal] = await new Promise<readonly unknown[]>((resolve) =>
      child.once('close', (...how) => resolve(how)),
    );
    // It may have been done by then, and be just about to end: all of it, or nothing.
    if (existsSync(to)) expect([readdirSync(to), code ?? signal]).toEqual([['course-9'], code === 0 ? 0 : 'SIGINT']);
    else expect([code, said.includes('\nNothing was written\n')]).toEqual([130, true]);
  });

  test.each([
    [[COURSE, '--at', 'yesterday'], '--at: received yesterday; allowed: '],
    [[COURSE, '--at', '2026-01-07T00:00:00'], '--at: received 2026-01-07T00:00:00; allowed: a time with its zone'],
    [[COURSE, '--at', '2036-01-07T00:00:00Z'], '--at: received 2036-01-07T00:00:00Z; allowed: a time that has passed'],
    [['courses/../../etc', '--at', '1s'], 'PATH: received "courses/../../etc"; allowed: '],
    [[COURSE], 'at'],
    [
      ['courses/by-zip', '--at', '0s', '--to', 'package.json'],
      '--to: received package.json; allowed: a directory that can be written to',
    ],
  ])('is told what is wrong with %j, in a line', (args, says) => {
    const { code, stdout, stderr } = remount('restore', 'alpha', ...args, '--yes');
    expect(stdout).toBe('');
    expect(stderr).toContain(says);
    expect(code).toBe(2);
  });

  test('is told which volumes there are, and that of an empty journal nothing is known', () => {
    const other = remount('restore', 'gamma', COURSE, '--at', '1s', '--yes');
    expect([other.code, other.stderr]).toEqual([2, 'VOLUME: received gamma; allowed: alpha, beta\n']);
  });
});
