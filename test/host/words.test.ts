import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';

/**
 * What the words of an errno are taken for, in each function that decides by them; and settings that nobody sets. The functions
 * themselves are run, without a disk: what is done on disks is in evidence.test.ts and check.test.ts.
 */
const HOST = join(import.meta.dirname, '../../host');
const root = mkdtempSync(join(tmpdir(), 'remount-words-'));

/** Runs lines after the shared part of the verbs. @param tools in the place of those of the host, name -> script */
function answered(lines: string, tools: Readonly<Record<string, string>> = {}): { state: string; stdout: string } {
  const folder = mkdtempSync(join(root, 'tools-'));
  mkdirSync(folder, { recursive: true });
  for (const [name, script] of Object.entries({ dmesg: 'exit 1', ...tools })) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  const { stdout } = spawnSync('sh', ['-c', `. "${HOST}/common.sh"\n${lines}`, join(HOST, 'verb.sh')], {
    encoding: 'utf8',
    env: { PATH: `${folder}:${process.env.PATH}`, REMOUNT_ROOT: root },
  });
  return { state: /^state=(\w+)$/m.exec(stdout)?.[1] ?? 'none', stdout };
}

const READ: Readonly<Record<string, string>> = {
  'Input/output error': 'shutdown',
  'Structure needs cleaning': 'shutdown',
  'No such device': 'shutdown',
  'No such device or address': 'shutdown',
  'Bad message': 'shutdown',
  'No such file or directory': 'noCanary',
  'Not a directory': 'noCanary',
  'Is a directory': 'noCanary',
  'Too many levels of symbolic links': 'noCanary',
  'Permission denied': 'unreadable',
  'Operation not permitted': 'unreadable',
  'Cannot allocate memory': 'usage',
  'Too many open files in system': 'usage',
};
const WRITTEN: Readonly<Record<string, string>> = {
  'Input/output error': 'shutdown',
  'Structure needs cleaning': 'shutdown',
  'Read-only file system': 'shutdown',
  'No such device': 'shutdown',
  'Bad message': 'shutdown',
  'No space left on device': 'none',
  'Disk quota exceeded': 'none',
  'Permission denied': 'unreadable',
  'Operation not permitted': 'unreadable',
  'Not a directory': 'unreadable',
  'Cannot allocate memory': 'usage',
};
/** Of a complaint of find: `damage`, `unreadable` for one name that nobody may read, `none`; or what the verb fails with. */
const COUNTED: Readonly<Record<string, string>> = {
  'Input/output error': 'damage',
  'Structure needs cleaning': 'damage',
  'No such device': 'damage',
  'No such device or address': 'damage',
  'Bad message': 'damage',
  'No such file or directory': 'none',
  'Permission denied': 'unreadable',
  'Too many levels of symbolic links': 'unreadable',
  'Cannot allocate memory': 'usage',
  'Too many open files in system': 'usage',
};
const MOUNTED: Readonly<Record<string, string>> = {
  '/x already mounted on /y': 'busy',
  'Structure needs cleaning': 'unmountable',
  'wrong fs type, bad option, bad superblock on /dev/x': 'unmountable',
  "can't read superblock on /dev/x": 'unmountable',
  'Input/output error': 'unmountable',
  'Bad message': 'unmountable',
  'cannot mount; probably corrupted filesystem on /dev/x.': 'unmountable',
  'Cannot allocate memory': 'usage',
  "unknown filesystem type 'xfs'": 'usage',
  'No such device': 'usage',
};
const VOLUME = 'volume_id=vol-00000000; mount_source=/dev/nvme9n1; web_user=nobody';

describe('the words of an errno', () => {
  test.each(Object.entries(READ))('where the canary is read: %s is %s', (words, state) => {
    expect(answered(`${VOLUME}\nfail_read canary "cat: /x/canary: ${words}"`).state).toBe(state);
  });

  test.each(Object.entries(WRITTEN))('where the canary is written: %s is %s', (words, state) => {
    const dd = `echo "dd: /x: ${words}" >&2; exit 1`;
    const seen = answered(`${VOLUME}\nwrite_canary "$REMOUNT_ROOT"\necho "full=$full"`, { dd, chattr: 'exit 1' });
    expect(seen.state).toBe(state);
    if (state === 'none') expect(seen.stdout).toContain('full=yes');
  });

  test.each(Object.entries(COUNTED))('where the content is counted: %s is %s', (words, expected) => {
    const find = `echo "find: '/x': ${words}" >&2; exit 1`;
    const seen = answered(
      `${VOLUME}; as_web=
weigh_survey "$(survey "$REMOUNT_ROOT")"
[ -z "$damage" ] || echo found=damage
[ "$unreadable" = 0 ] || echo found=unreadable`,
      { find },
    );
    expect(seen.state === 'none' ? (/^found=(.*)$/m.exec(seen.stdout)?.[1] ?? 'none') : seen.state).toBe(expected);
  });

  test.each(Object.entries(MOUNTED))('where it is mounted: %s is %s', (words, state) => {
    expect(answered(`${VOLUME}\nrefuse_mount "mount: ${words}"`).state).toBe(state);
  });

  test('a canary that was renamed is synced, and one that could not be is no success', () => {
    mkdirSync(join(root, '.remount'), { recursive: true });
    const sync = 'echo "sync: /x: Input/output error" >&2; exit 1';
    expect(answered(`${VOLUME}\nwrite_canary "$REMOUNT_ROOT"`, { sync }).state).toBe('shutdown');
    expect(answered(`${VOLUME}\nwrite_canary "$REMOUNT_ROOT"`).state).toBe('none');
  });
});

describe('a process that is not there any more', () => {
  test('keeps no volume from being probed, though its id was given away again', () => {
    const stuck = (birth: string) =>
      answered(
        `${VOLUME}\nmkdir -p "$run_dir"\necho "${process.pid} ${birth}" >"$run_dir/$volume_id.stuck"\nrefuse_if_stuck`,
      );
    expect(stuck('1').state).toBe('none');
    expect(stuck(`$(birth ${process.pid})`).state).toBe('timeout');
  });
});

describe('a device', () => {
  test('is a volume by its serial number alone', () => {
    const serial = join(root, 'sys/block/nvme9n1/device');
    mkdirSync(serial, { recursive: true });
    writeFileSync(join(serial, 'serial'), 'vol00000000   \n');
    expect(answered('volume_id=vol-00000000; has_serial /dev/nvme9n1 && echo yes=1').stdout).toContain('yes=1');
    expect(answered('volume_id=vol-00000001; has_serial /dev/nvme9n1 || echo no=1').stdout).toContain('no=1');
  });

  test('that is mounted and another volume is no ghost; one without a number is', () => {
    const own = (lines: string) => answered(`${VOLUME}\n${lines}\nneed_own_device /mnt busy`).state;
    expect(own('')).toBe('none');
    expect(own('volume_id=vol-00000001')).toBe('busy');
    expect(own('mount_source=/dev/nvme8n1')).toBe('shutdown');
  });
});

describe('what nobody sets', () => {
  /** The value that a verb gives a name of its own, with nothing set. */
  const value = (verb: string, name: string) => {
    const line = `sed -n 's/^${name}=/${name}=/p' "${HOST}/${verb}.sh"`;
    return answered(`eval "$(${line})"; echo "value=$${name}"`).stdout.match(/^value=(.*)$/m)?.[1];
  };
  // Linux writes dirty pages back after 30 s, looking every 5 s: more than that, and far less than a day.
  test.each([
    ['check', 'unsettled', '60'],
    ['check', 'budget', '600'],
    ['check', 'fresh', '10800'],
    ['check', 'late', '600'],
    ['check', 'large', '1073741824'],
    ['check', 'unwritten', '3600'],
    ['check', 'looking', '240'],
    ['content', 'survey_seconds', '15'],
    ['mount', 'deadline', '60'],
  ])('%s.sh: %s is %s', (verb, name, expected) => {
    expect(value(verb, name)).toBe(expected);
  });

  test('the web server is nginx', () => {
    expect(answered('echo "user=$web_user"').stdout).toContain('user=nginx');
  });
});
