import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from '@jest/globals';
import { refusedText } from '../../host/agent/intake/answer.ts';
import { CONTEXT, ROOT } from '../lib/support.ts';

const folder = mkdtempSync(join(tmpdir(), 'remount-upload-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('the example app synthesizes, and its portal may upload', () => {
  const env = { ...process.env, CDK_OUTDIR: folder, CDK_CONTEXT_JSON: JSON.stringify(CONTEXT) };
  const child = spawnSync(process.execPath, ['examples/upload/app.ts'], { cwd: ROOT, env, encoding: 'utf8' });
  expect([child.status, child.stderr]).toEqual([0, '']);
  expect(existsSync(join(folder, 'School.template.json'))).toBe(true);
  expect(readFileSync(join(folder, 'School.template.json'), 'utf8')).toContain('"UploadsCourses"');
});

describe('the command', () => {
  const commands = join(folder, 'commands');
  const zip = join(folder, 'summer.zip');
  const asked = join(folder, 'asked');
  beforeEach(() => {
    mkdirSync(commands, { recursive: true });
    for (const name of ['asked', 'answer']) rmSync(join(folder, name), { force: true });
    writeFileSync(zip, 'PK');
    // The answer is there at the second look.
    const aws = `echo "$*" >>${asked}
      case "$2" in
        put-object) echo v7 ;;
        list-objects-v2) grep -c list-objects-v2 ${asked} | sed 's/^1$/0/; s/^[2-9]$/1/' ;;
        get-object) for last; do :; done; cp ${join(folder, 'answer')} "$last" ;;
      esac`;
    writeFileSync(join(commands, 'aws'), `#!/bin/sh\n${aws}\n`, { mode: 0o755 });
    writeFileSync(join(commands, 'sleep'), '#!/bin/sh\n', { mode: 0o755 });
  });
  function run(answer: string, env: NodeJS.ProcessEnv = {}, file = zip) {
    writeFileSync(join(folder, 'answer'), answer);
    const args = [join(ROOT, 'examples/upload/upload.sh'), 'uploads', 'courses', file, 'http://shop'];
    const path = `${commands}:${process.env.PATH}`;
    const { status, stdout, stderr } = spawnSync('sh', args, { encoding: 'utf8', env: { PATH: path, ...env } });
    return { status, stdout, stderr };
  }

  test('uploads, waits for the answer to that version, and says where it is served', () => {
    const { status, stdout } = run('{"state":"done","course":"summer","number":4711}\n');
    expect([status, stdout.trim().split('\n').at(-1)]).toEqual([0, 'served: http://shop/courses/courses/summer/']);
    const lines = readFileSync(asked, 'utf8').trim().split('\n');
    expect(lines[0]).toContain('--key intake/courses/summer.zip');
    expect(lines.at(-1)).toContain('--key answers/courses/summer/v7.json');
  });

  test('says the sentences of a refusal, as the agent writes them', () => {
    const stamp = { key: 'intake/courses/summer.zip', version: 'v7', modified: 0 };
    const refusals = [{ code: 'outside', path: '../x', why: 'parent' } as const, { code: 'empty' } as const];
    const { status, stderr } = run(refusedText('courses', stamp, refusals));
    expect([status, stderr.match(/^- .{20,}$/gm)?.length]).toEqual([1, 2]);
  });

  test('gives up at some time, and asks for what it needs', () => {
    expect(run('{}', { UPLOAD_SECONDS: '1' })).toMatchObject({ status: 75 });
    expect(run('{}', {}, join(folder, 'none.zip'))).toMatchObject({ status: 64 });
  });
});
