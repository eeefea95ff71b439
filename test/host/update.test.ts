import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { EXIT } from '../../contract/contract.ts';
import { archive } from '../../lib/internal/archive.ts';
import { ROOT } from '../lib/support.ts';

const folder = mkdtempSync(join(tmpdir(), 'update-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A version that notes what is asked of it. @param well what it says of itself */
function version(
  name: string,
  { tried = 'true', well = 'true' } = {},
): { readonly sha256: string; readonly file: string } {
  const apply = [
    'here=$(basename "$(cd "$(dirname "$0")" && pwd -P)")',
    'echo "$1 $here" >>"$REMOUNT_ROOT/asked"',
    `case "$1" in try) ${tried} ;; apply) echo ${name} >"$REMOUNT_ROOT/in-force" ;; well) ${well} ;; esac`,
  ].join('\n');
  const bytes = archive([
    { path: 'apply.sh', content: `${apply}\n` },
    { path: 'probe.sh', content: 'exit 0\n' },
    { path: 'etc/name', content: name },
  ]);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  writeFileSync(join(folder, `${name}.tar`), bytes);
  return { sha256, file: join(folder, `${name}.tar`) };
}

const FIRST = version('first');
const SECOND = version('second');
const THIRD = version('third');

function newHost(): string {
  const host = mkdtempSync(join(folder, 'host-'));
  mkdirSync(join(host, 'commands'));
  const aws =
    'for out in "$@"; do :; done; [ -n "$OBJECT" ] || { echo "AccessDenied" >&2; exit 254; }; cp "$OBJECT" "$out"';
  writeFileSync(join(host, 'commands/aws'), `#!/bin/sh\n${aws}\n`);
  chmodSync(join(host, 'commands/aws'), 0o755);
  return host;
}

interface Run {
  readonly sha256: string;
  /** What S3 gives; an empty one is refused. */
  readonly file: string;
  readonly now?: string;
  readonly shell?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

function update(host: string, { sha256, file, now = '2026-01-07T12:00:00Z', shell = ['sh'], env = {} }: Run) {
  const [command = 'sh', ...args] = shell;
  const ended = spawnSync(command, [...args, join(ROOT, 'host/update.sh')], {
    encoding: 'utf8',
    env: {
      PATH: `${join(host, 'commands')}:${process.env.PATH}`,
      REMOUNT_ROOT: host,
      REMOUNT_NOW: now,
      SSM_Version: sha256,
      SSM_Bucket: 'assets',
      SSM_Region: 'eu-west-1',
      OBJECT: file,
      ...env,
    },
  });
  const says = (key: string) => ended.stdout.match(new RegExp(`^${key}=(.*)$`, 'm'))?.[1];
  return { exitCode: ended.status, state: says('state'), version: says('version'), stderr: ended.stderr };
}

const read = (host: string, path: string) =>
  existsSync(join(host, path)) ? readFileSync(join(host, path), 'utf8').trim() : undefined;
const running = (host: string) => {
  const link = join(host, 'opt/remount/current');
  return lstatSync(link, { throwIfNoEntry: false }) && basename(readlinkSync(link));
};
const kept = (host: string) => readdirSync(join(host, 'opt/remount/versions')).sort();

describe('update', () => {
  test('brings a version, again and again, and keeps the one before it', () => {
    const host = newHost();
    for (const each of [FIRST, SECOND, THIRD])
      expect(update(host, each)).toMatchObject({ exitCode: EXIT.ok, state: 'updated', version: each.sha256 });
    expect([running(host), read(host, 'in-force')]).toEqual([THIRD.sha256, 'third']);
    expect(kept(host)).toEqual([SECOND.sha256, THIRD.sha256].sort());
    writeFileSync(join(host, 'asked'), '');
    // Once there, nothing is fetched, and nothing set in force again.
    expect(update(host, { ...THIRD, file: '' })).toMatchObject({ exitCode: EXIT.ok, version: THIRD.sha256 });
    expect(read(host, 'asked')).toBe(`well ${THIRD.sha256}`);
  });

  test.each([
    ['S3 refuses', ''],
    ['it has another hash', SECOND.file],
  ])('goes on with what it has where %s, and says so', (_, file) => {
    const host = newHost();
    update(host, FIRST);
    const ended = update(host, { ...THIRD, file });
    expect(ended).toMatchObject({ exitCode: EXIT.unfetched, state: 'unfetched', version: FIRST.sha256 });
    expect([running(host), read(host, 'in-force'), kept(host)]).toEqual([FIRST.sha256, 'first', [FIRST.sha256]]);
  });

  test('goes on with what it has where the archive is cut off or the disk is full, and takes it later', () => {
    const host = newHost();
    update(host, FIRST);
    writeFileSync(join(folder, 'cut.tar'), readFileSync(SECOND.file).subarray(0, 600));
    expect(update(host, { ...SECOND, file: join(folder, 'cut.tar') })).toMatchObject({ state: 'unfetched' });
    writeFileSync(join(host, 'commands/tar'), '#!/bin/sh\necho "tar: No space left on device" >&2\nexit 2\n');
    chmodSync(join(host, 'commands/tar'), 0o755);
    const full = update(host, SECOND);
    expect(full).toMatchObject({
      state: 'unfetched',
      version: FIRST.sha256,
      stderr: expect.stringContaining('No space'),
    });
    rmSync(join(host, 'commands/tar'));
    expect(update(host, SECOND)).toMatchObject({ state: 'updated', version: SECOND.sha256 });
  });

  test('changes nothing where the version cannot run here', () => {
    const host = newHost();
    update(host, FIRST);
    expect(update(host, version('untried', { tried: 'exit 1' }))).toMatchObject({
      exitCode: EXIT.unwell,
      version: FIRST.sha256,
    });
    expect([running(host), read(host, 'in-force')]).toEqual([FIRST.sha256, 'first']);
  });

  test('goes back where it does not run well, does not try it again for an hour, and then does', () => {
    const host = newHost();
    update(host, FIRST);
    const bad = version('unwell', { well: 'exit 1' });
    expect(update(host, bad)).toMatchObject({ exitCode: EXIT.unwell, state: 'unwell', version: FIRST.sha256 });
    expect([running(host), read(host, 'in-force'), read(host, 'opt/remount/applied')]).toEqual([
      FIRST.sha256,
      'first',
      FIRST.sha256,
    ]);
    writeFileSync(join(host, 'asked'), '');
    expect(update(host, { ...bad, now: '2026-01-07T12:59:00Z' })).toMatchObject({ exitCode: EXIT.unwell });
    expect(read(host, 'asked')).toBe('');
    update(host, { ...bad, now: '2026-01-07T13:01:00Z' });
    expect(read(host, 'asked')).toContain(`try ${bad.sha256}`);
    // Another version is not meant.
    expect(update(host, { ...SECOND, now: '2026-01-07T13:02:00Z' })).toMatchObject({ state: 'updated' });
  });

  test('a first version that is not well stays, for there is no other, and is tried again at once', () => {
    const host = newHost();
    const bad = version('unwell', { well: '[ -e "$REMOUNT_ROOT/mended" ]' });
    expect(update(host, bad)).toMatchObject({ exitCode: EXIT.unwell, version: 'none' });
    writeFileSync(join(host, 'mended'), '');
    expect(update(host, bad)).toMatchObject({ exitCode: EXIT.ok, version: bad.sha256 });
  });

  test.each(['', 'x'.repeat(64), 'a'.repeat(63)])('refuses "%s" for a version', (sha256) => {
    expect(update(newHost(), { sha256, file: FIRST.file })).toMatchObject({ exitCode: EXIT.usage });
  });

  test('leaves the journal’s Region and bucket where its writer looks, and nothing where there is none any more', () => {
    const host = newHost();
    const journal = (SSM_Journal: string) => update(host, { ...FIRST, env: { SSM_Journal } });
    expect(journal('journals-1').exitCode).toBe(EXIT.ok);
    expect(read(host, 'opt/remount/journal')).toBe('eu-west-1 journals-1');
    expect(journal('Journals/1')).toMatchObject({
      exitCode: EXIT.usage,
      stderr: expect.stringContaining('SSM_Journal'),
    });
    expect(update(host, FIRST).exitCode).toBe(EXIT.ok);
    expect(read(host, 'opt/remount/journal')).toBeUndefined();
  });

  test('leaves those of uploads where its intake looks, beside them', () => {
    const host = newHost();
    const both = { SSM_Journal: 'journals-1', SSM_Intake: 'uploads-1' };
    expect(update(host, { ...FIRST, env: both }).exitCode).toBe(EXIT.ok);
    expect(read(host, 'opt/remount/intake')).toBe('eu-west-1 uploads-1');
    const wrong = update(host, { ...FIRST, env: { SSM_Intake: 'Uploads/1' } });
    expect(wrong).toMatchObject({ exitCode: EXIT.usage, stderr: expect.stringContaining('SSM_Intake') });
    expect(update(host, FIRST).exitCode).toBe(EXIT.ok);
    expect(read(host, 'opt/remount/intake')).toBeUndefined();
  });

  test('killed at any command, it leaves a whole version in force, and the next run ends well', () => {
    const trap = join(folder, 'trap.sh');
    // Every command of every process of it counts; the one whose turn it is takes all of them with it.
    writeFileSync(
      trap,
      'set -T; trap \'echo >>"$REMOUNT_ROOT/steps"; [ "$(/usr/bin/wc -l <"$REMOUNT_ROOT/steps")" -lt "$KILL_AT" ] || kill -9 0\' DEBUG\n',
    );
    let kills = 0;
    for (let at = 3; ; at += 7) {
      const host = newHost();
      update(host, FIRST);
      const killed = update(host, {
        ...SECOND,
        shell: ['setsid', '--wait', 'bash'],
        env: { BASH_ENV: trap, KILL_AT: String(at) },
      });
      const link = running(host);
      expect([FIRST.sha256, SECOND.sha256]).toContain(link);
      expect(read(host, `opt/remount/versions/${link}/etc/name`)).toBeDefined();
      expect([FIRST.sha256, SECOND.sha256]).toContain(read(host, 'opt/remount/applied'));
      expect(update(host, SECOND)).toMatchObject({ exitCode: EXIT.ok, version: SECOND.sha256 });
      expect([running(host), read(host, 'in-force')]).toEqual([SECOND.sha256, 'second']);
      if (killed.exitCode === EXIT.ok) break;
      kills++;
    }
    expect(kills).toBeGreaterThan(10);
  });
});
