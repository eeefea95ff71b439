import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { GetObjectCommand, ListMultipartUploadsCommand, ListPartsCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { unzipSync, zipSync } from 'fflate';
import { cloudFormationClient } from '../../lambda/aws/clients.ts';
import type { Runtime } from '../../lambda/aws/runtime.ts';
import { partSize } from '../../operator/aws/parts.ts';
import { outputsOf } from '../../operator/aws/stack.ts';
import { filesBelow, pack } from '../../operator/upload/pack.ts';
import { heldRuntime } from '../../simulator/held/client.ts';
import { readHeld } from '../../simulator/held/read.ts';
import { node } from '../rehearsal/child.ts';
import { type Holding, holding } from './holding.ts';

const ROOT = join(import.meta.dirname, '../..');
const remount = (...args: readonly string[]) => node('operator/main.ts', args);
const directory = mkdtempSync(join(tmpdir(), 'upload-'));
/** More than a part, of bytes that no zip makes smaller. */
const BIG = Buffer.alloc(9 * 2 ** 20);
for (let i = 0, x = 1; i < BIG.length; i += 4) {
  x = (Math.imul(x, 1_664_525) + 1_013_904_223) >>> 0;
  BIG.writeUInt32LE(x, i);
}
const CONTENT = { 'index.html': Buffer.from('hello\n'), 'sub/ü.txt': Buffer.alloc(0), 'sub/big.bin': BIG };

function course(name: string, content: Readonly<Record<string, Uint8Array>>): string {
  for (const [path, bytes] of Object.entries(content)) {
    mkdirSync(join(directory, name, path, '..'), { recursive: true });
    writeFileSync(join(directory, name, path), bytes);
  }
  return join(directory, name);
}

let held: Holding;
beforeAll(async () => {
  held = await holding('intake');
});
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
  held.end();
});

describe('remount upload, at a rehearsal that is held', () => {
  test('uploads a directory in parts, byte for byte, and says that it is served', async () => {
    const from = course('course-9', CONTENT);
    const { code, stdout, stderr } = remount('upload', from, 'alpha', '--rehearsal', '--yes', '--json');
    expect(stderr).toMatch(/^alpha: the course course-9 becomes what is in .* \(3 files, 9\.0 MiB\)/);
    const told = JSON.parse(stdout);
    expect(told).toMatchObject({ schema: 1, volume: 'alpha', course: 'course-9', state: 'done' });
    expect(code).toBe(0);
    const place = readHeld();
    if (!place) throw new Error('nothing is held');
    // Uploads are read by no command.
    const runtime = heldRuntime(place, 'administrator') as Runtime;
    const outputs = await outputsOf(cloudFormationClient(runtime), place.stackName);
    const { key: Key, version: VersionId } = told;
    const s3 = runtime.prepare(new S3Client({ ...runtime.clients }));
    const asked = { Bucket: outputs.get('IntakeBucket') ?? '', Key, VersionId };
    const bytes = (await (await s3.send(new GetObjectCommand(asked))).Body?.transformToByteArray()) ?? new Uint8Array();
    const unpacked = Object.entries(unzipSync(bytes)).map(([path, content]) => [path, Buffer.from(content)] as const);
    expect(Object.keys(Object.fromEntries(unpacked)).sort()).toEqual(Object.keys(CONTENT).sort());
    for (const [path, content] of unpacked)
      expect([path, content.equals(CONTENT[path as keyof typeof CONTENT])]).toEqual([path, true]);
    // What was cut off is done again with the same command.
    expect(remount('upload', from, 'alpha', '--rehearsal', '--yes')).toMatchObject({
      code: 0,
      stdout: 'alpha: course-9 is served\n',
    });
  });

  test('prints the sentence of a refusal', () => {
    const from = course('bad', { '.hidden': Buffer.from('x'), 'ok.txt': Buffer.from('y') });
    const { code, stdout } = remount('upload', from, 'alpha', '--rehearsal', '--yes');
    expect(stdout).toMatch(/^bad is refused: \.hidden: [^\n]+ Rename it or leave it out\. \(name\)\n$/);
    expect(code).toBe(1);
  });

  test('takes a zip as it is, by another name, and does not wait', async () => {
    const from = course('small', { 'a.txt': Buffer.from('a') });
    const zip = join(directory, 'made.zip');
    await pack(from, filesBelow(from), zip);
    const { code, stdout } = remount(
      ...['upload', zip, 'alpha', '--course', 'other', '--no-wait', '--rehearsal', '--yes'],
    );
    expect(stdout).toMatch(/^alpha: S3 has other as version \w+; nobody has answered yet\n$/);
    expect(code).toBe(0);
  });

  test('ends with Ctrl-C, and says what is left', async () => {
    const from = course('cut', CONTENT);
    const args = ['operator/main.ts', 'upload', from, 'alpha', '--rehearsal', '--yes'];
    const child = spawn(process.execPath, args, { cwd: ROOT, env: { ...process.env, NODE_OPTIONS: '' } });
    let said = '';
    child.stderr.on('data', (bytes: Buffer) => {
      said += bytes.toString();
      if (said.includes('in the trash') && !child.killed) child.kill('SIGINT');
    });
    expect(await new Promise((resolve) => child.once('close', resolve))).toBe(130);
    expect(said).toMatch(
      /\n(Nothing was uploaded|S3 has [\d.]+ MiB of 9\.0 MiB of cut: the same command goes on from there, until \S+T00:00:00\.000Z, when S3 clears it away|Nobody knows whether S3 has cut: upload it again, which does no harm|S3 has cut as version \w+: it is taken in all the same)\n$/,
    );
  });

  /** Begins an upload, and does something to it, or to its file, once S3 has a part of it. */
  async function cutOff(zip: string, then: (child: ChildProcess) => void): Promise<{ code: unknown; said: string }> {
    const place = readHeld();
    if (!place) throw new Error('nothing is held');
    const runtime = heldRuntime(place, 'administrator') as Runtime;
    const Bucket = (await outputsOf(cloudFormationClient(runtime), place.stackName)).get('IntakeBucket') ?? '';
    const s3 = runtime.prepare(new S3Client({ ...runtime.clients }));
    const args = ['operator/main.ts', 'upload', zip, 'alpha', '--rehearsal', '--yes'];
    const child = spawn(process.execPath, args, { cwd: ROOT, env: { ...process.env, NODE_OPTIONS: '' } });
    let said = '';
    child.stderr.on('data', (bytes: Buffer) => {
      said += bytes.toString();
    });
    const ended = new Promise((resolve) => child.once('close', resolve));
    for (let has = 0; has === 0; ) {
      if (child.exitCode !== null) throw new Error(`it was too fast: ${said}`);
      const Key = `intake/alpha/${basename(zip)}`;
      const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket, Prefix: Key }));
      for (const { UploadId } of Uploads)
        has += (await s3.send(new ListPartsCommand({ Bucket, Key, UploadId }))).Parts?.length ?? 0;
    }
    then(child);
    return { code: await ended, said };
  }
  /** Of six parts. @param first what the first file is called */
  function large(name: string, first = '1'): string {
    const zip = join(directory, `${name}.zip`);
    const files = Object.fromEntries([first, ...'2345'].map((file) => [`${file}.bin`, BIG]));
    writeFileSync(zip, zipSync(files, { level: 0 }));
    return zip;
  }
  const again = (zip: string) => remount('upload', zip, 'alpha', '--rehearsal', '--yes');

  test('goes on with what S3 has where it was killed, once the same command is given again', async () => {
    const zip = large('killed');
    expect((await cutOff(zip, (child) => child.kill('SIGKILL'))).code).toBe(null);
    const { code, stdout, stderr } = again(zip);
    expect(stderr).toMatch(/\nS3 had \d+\.0 MiB of 45\.\d MiB from a try before: it goes on from there\n$/);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'alpha: killed is served\n' });
  });

  test('makes nothing of a file that is changed under it, and begins anew with what it is then', async () => {
    const zip = large('changed');
    const { code, said } = await cutOff(zip, () => writeFileSync(zip, 'P', { flag: 'r+' }));
    expect(said).toMatch(/changed\.zip was changed as it was uploaded: nothing was made of it, so upload it once more/);
    expect(said).toMatch(/\nS3 has \d+\.0 MiB of 45\.\d MiB of changed: the same command goes on from there/);
    expect(code).toBe(4);
    renameSync(large('other', '0'), zip);
    const { stdout, stderr } = again(zip);
    expect(stderr).toMatch(/\nWhat S3 has of a try before is of other bytes: it begins anew\n$/);
    expect(stdout).toBe('alpha: changed is served\n');
  });

  test('is not obeyed where nobody can be asked', () => {
    const { code, stdout, stderr } = remount('upload', course('asked', { a: BIG }), 'alpha', '--rehearsal');
    expect(stderr).toMatch(/^--yes: received nothing, and there is no terminal/m);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
  });

  test.each([
    [['nowhere', 'alpha'], 'DIR-OR-ZIP: received nowhere; allowed: a directory, or a zip (it is not there)'],
    [['package.json', 'alpha'], 'DIR-OR-ZIP: received package.json; allowed: a directory, or a zip (it is neither)'],
    [['docs', 'gamma'], 'VOLUME: received gamma; allowed: alpha, beta'],
    [['docs', 'alpha', '--course', '.x'], '--course: received ".x"; allowed: '],
    [['docs'], 'VOLUME'],
  ])('is told what is wrong with %j, in a line', (args, says) => {
    const { code, stdout, stderr } = remount('upload', ...args, '--rehearsal', '--yes');
    expect(stdout).toBe('');
    expect(stderr).toContain(says);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(code).toBe(2);
  });
});

describe('what is zipped', () => {
  test('is no link, and not nothing', () => {
    const from = join(directory, 'odd');
    mkdirSync(from);
    expect(() => filesBelow(from)).toThrow('no file is in it');
    symlinkSync('/etc/passwd', join(from, 'link'));
    expect(() => filesBelow(from)).toThrow('link is neither a file nor a directory');
  });

  test('is in parts that S3 takes, and no more than it takes', () => {
    expect(partSize(1)).toBe(8 * 2 ** 20);
    for (const size of [2 ** 30, 5 * 2 ** 40]) expect(size / partSize(size)).toBeLessThanOrEqual(10_000);
  });
});
