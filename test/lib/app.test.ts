import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CONTEXT, ROOT } from './support.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'remount-app-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

/** `node bin/app.ts`, as the CDK's command line starts it. */
function run(remount: unknown, outdir: string): { code: number | null; out: string; err: string } {
  const env = { ...process.env, CDK_OUTDIR: outdir, CDK_CONTEXT_JSON: JSON.stringify({ ...CONTEXT, remount }) };
  const child = spawnSync(process.execPath, ['bin/app.ts'], { cwd: ROOT, env, encoding: 'utf8' });
  return { code: child.status, out: child.stdout, err: child.stderr };
}

describe('node bin/app.ts', () => {
  test('with fine settings: exit code 0, and a template', () => {
    const outdir = join(directory, 'fine');
    expect(run({ stackName: 'Fine', volumes: [{ name: 'only' }] }, outdir)).toMatchObject({ code: 0, out: '' });
    expect(existsSync(join(outdir, 'Fine.template.json'))).toBe(true);
  });

  test.each([
    [
      'a wrong setting',
      { volumes: [{ name: 'alpha', sizeGiB: 0 }] },
      'volumes[0].sizeGiB: received 0; allowed: a whole number from 1 to 65536 GiB (gp3)',
    ],
    ['malformed JSON', '{"stackName":', 'remount: received "{\\"stackName\\":"; allowed: a JSON object'],
  ])('with %s: exit code 2, one line, no stack trace, nothing written', (_, settings, line) => {
    const outdir = join(directory, 'wrong');
    expect(run(settings, outdir)).toEqual({ code: 2, out: '', err: `${line}\n` });
    expect(existsSync(join(outdir, 'manifest.json'))).toBe(false);
  });
});
