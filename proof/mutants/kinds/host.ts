import type { Slip } from './kind.ts';

const test = 'host/words.test.ts';
const slip = (what: string, file: string, code: string, instead: string, named: string): Slip => ({
  ...{ slip: what, file: `host/${file}.sh` },
  ...{ code, instead, test, named },
});

/** Of an exit code. */
const exit = (what: string, code: string, instead: string, named: string): Slip => ({
  ...slip(what, 'common', code, instead, named),
  test: 'host/exit-codes.test.ts',
});

/** The words of an errno that mean something else, on a host. */
export const WORDS: readonly Slip[] = [
  slip(
    'a canary that needs cleaning is reported to people, and not healed',
    'content',
    "*'Input/output error' | *'Structure needs cleaning' | *'No such device' | *'No such device or address' | *'Bad message')",
    "*'Input/output error' | *'No such device' | *'No such device or address' | *'Bad message')",
    'where the canary is read: Structure needs cleaning is shutdown',
  ),
  slip(
    'a host without memory calls the canary unreadable',
    'content',
    "*'Permission denied' | *'Operation not permitted') fail unreadable",
    "*'Permission denied' | *'Cannot allocate memory' | *'Operation not permitted') fail unreadable",
    'where the canary is read: Cannot allocate memory is usage',
  ),
  slip(
    'a loop of links is the fault of the host',
    'content',
    " | *'Too many levels of symbolic links')",
    ')',
    'where the canary is read: Too many levels of symbolic links is noCanary',
  ),
  slip(
    'a read-only file system is the fault of the host',
    'content',
    " | *'Read-only file system'* |",
    ' |',
    'where the canary is written: Read-only file system is shutdown',
  ),
  slip(
    'a full volume does not serve',
    'content',
    "*'No space left'* | *'quota exceeded'*) full=yes ;;",
    "*'quota exceeded'*) full=yes ;;",
    'where the canary is written: No space left on device is none',
  ),
  slip(
    'a quota that is used up is a fault',
    'content',
    "*'No space left'* | *'quota exceeded'*) full=yes ;;",
    "*'No space left'*) full=yes ;;",
    'where the canary is written: Disk quota exceeded is none',
  ),
  slip(
    'the rename of the canary is not synced',
    'content',
    'said=$(sync "$1/.remount" 2>&1)',
    ':',
    'a canary that was renamed is synced',
  ),
  slip(
    'a directory that needs cleaning is one that nobody may read',
    'content',
    '  /: (Input\\/output error|Structure needs cleaning|No such device|',
    '  /: (Input\\/output error|No such device|',
    'where the content is counted: Structure needs cleaning is damage',
  ),
  slip(
    'a host without memory counts what nobody may read',
    'content',
    '  !/^find: / || /: (Cannot allocate memory|Too many open files.*)$/ {',
    '  !/^find: / || /: (Too many open files.*)$/ {',
    'where the content is counted: Cannot allocate memory is usage',
  ),
  slip(
    'a superblock that cannot be read is the fault of the host',
    'mounts',
    `*"can't read superblock"* | `,
    '',
    "where it is mounted: can't read superblock",
  ),
  slip(
    'a log whose checksum is wrong is the fault of the host',
    'mounts',
    "*'corrupted filesystem'*)",
    "*'nothing of the kind'*)",
    'where it is mounted: cannot mount; probably corrupted filesystem',
  ),
  slip(
    'a kernel without memory is a verdict on the data',
    'mounts',
    "*'Structure needs cleaning'* | *'bad superblock'*",
    "*'Cannot allocate memory'* | *'Structure needs cleaning'* | *'bad superblock'*",
    'where it is mounted: Cannot allocate memory is usage',
  ),
  slip(
    'what is mounted already is a verdict on the data',
    'mounts',
    "*'already mounted'* | *busy*) fail busy",
    '*busy*) fail busy',
    'where it is mounted: /x already mounted on /y is busy',
  ),
  exit(
    'a shell that was killed has given an answer',
    'case "$1" in 0 | [234][0-9] | 64 | 203) return 0 ;; esac',
    'case "$1" in 0 | [234][0-9] | 64 | 137 | 203) return 0 ;; esac',
    '137 is an answer: false',
  ),
  exit(
    'what was stopped is altered',

    'interrupted) exit 31 ;;',
    'interrupted) exit 30 ;;',
    'interrupted: 31',
  ),
  exit('a mount that moves on hangs', 'mounting) exit 32 ;;', 'mounting) exit 27 ;;', 'mounting: 32'),
];

/** A thing that is known by what may be another's by now. */
export const IDENTITY: readonly Slip[] = [
  slip(
    'a process id that was given away again hangs',
    'within',
    '[ "$(birth "$stuck_pid" 2>/dev/null)" = "$stuck_birth" ] || return 0',
    'kill -0 "$stuck_pid" 2>/dev/null || return 0',
    'keeps no volume from being probed, though its id was given away again',
  ),
  slip(
    'any device that has a number is the volume',
    'device',
    ' && [ "$serial" = ',
    ' || [ "$serial" = ',
    'is a volume by its serial number alone',
  ),
  slip(
    'a ghost of an earlier attachment is served',
    'mounts',
    'if has_serial "$mount_source"; then return 0; fi',
    'if has_serial "$mount_source" || [ -z "$serial" ]; then return 0; fi',
    'that is mounted and another volume is no ghost; one without a number is',
  ),
  slip(
    'a mount of another volume is a ghost of this one',
    'mounts',
    'if [ -n "$serial" ]; then fail "$2"',
    'if [ -z "$volume_id" ]; then fail "$2"',
    'that is mounted and another volume is no ghost; one without a number is',
  ),
];

/** A setting that every test overrides. */
export const DEFAULTS: readonly Slip[] = [
  slip(
    'a day of uploads is never altered',
    'check',
    'REMOUNT_SETTLE_SECONDS:-60}',
    'REMOUNT_SETTLE_SECONDS:-86400}',
    'check.sh: unsettled is 60',
  ),
  slip(
    'an empty manifest is never damage',
    'check',
    'REMOUNT_EMPTY_SECONDS:-3600}',
    'REMOUNT_EMPTY_SECONDS:-360000}',
    'check.sh: unwritten is 3600',
  ),
  slip(
    'content is hardly read',
    'check',
    'REMOUNT_CHECK_SECONDS:-600}',
    'REMOUNT_CHECK_SECONDS:-6}',
    'check.sh: budget is 600',
  ),
  slip(
    'what changed just before the copy before waits for its turn',
    'check',
    'REMOUNT_LATE_SECONDS:-600}',
    'REMOUNT_LATE_SECONDS:-6}',
    'check.sh: late is 600',
  ),
  slip(
    'fresh uploads wait for their turn',
    'check',
    'REMOUNT_FRESH_SECONDS:-10800}',
    'REMOUNT_FRESH_SECONDS:-108}',
    'check.sh: fresh is 10800',
  ),
  slip(
    'a mount has no time to replay its log',
    'mount',
    'REMOUNT_DEADLINE:-60}"\n\n',
    'REMOUNT_DEADLINE:-6}"\n\n',
    'mount.sh: deadline is 60',
  ),
  slip('the web server is another', 'common', 'WEB_USER:-nginx}', 'WEB_USER:-nobody}', 'the web server is nginx'),
];
