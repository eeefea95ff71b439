import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';

const SUBJECTS = join(import.meta.dirname, '../../.ci/subjects');
const repository = mkdtempSync(join(tmpdir(), 'remount-subjects-'));
const ME = ['-c', 'user.name=Someone', '-c', 'user.email=someone@example.com', '-c', 'commit.gpgsign=false'];

function git(...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync('git', [...ME, ...args], { cwd: repository, encoding: 'utf8' });
  if (status !== 0) throw new Error(`git ${args.join(' ')}: ${stderr}`);
  return stdout.trim();
}

function commit(subject: string): string {
  git(
    'commit',
    '--allow-empty',
    '--quiet',
    '--message',
    `${subject}\n\n${'A body may be as long as it likes. '.repeat(5)}`,
  );
  return git('log', '-1', '--format=%h');
}

function checked(range: string): { readonly code: number | null; readonly said: string } {
  const { status, stdout, stderr } = spawnSync(SUBJECTS, [range], { cwd: repository, encoding: 'utf8' });
  return { code: status, said: stdout + stderr };
}

describe('.ci/subjects', () => {
  git('init', '--quiet');
  commit('x'.repeat(100));

  test('lets 72 characters pass, letters of more than one byte too', () => {
    commit('x'.repeat(72));
    commit('ü'.repeat(72));
    expect(checked('HEAD~2..HEAD')).toEqual({ code: 0, said: '' });
  });

  test('names what has more, and how many', () => {
    const id = commit('y'.repeat(73));
    commit('short');
    expect(checked('HEAD~2..HEAD')).toEqual({
      code: 1,
      said: `${id}: the subject has 73 characters; allowed: 72: ${'y'.repeat(73)}\n`,
    });
  });

  test('nothing to be checked is no failure, and a range that is none is one', () => {
    expect(checked('HEAD..HEAD')).toEqual({ code: 0, said: '' });
    expect(checked('nowhere..HEAD').code).not.toBe(0);
  });
});
