/** Copies that are sound though something about them is odd, beside damage of the same looks. Prints the answers as JSON. */
import {
  closeSync,
  fdatasyncSync,
  fsyncSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { must } from '../../simulator/disks/shell.ts';
import { extentsOf } from '../../simulator/disks/xfs/plant.ts';
import { CopyLab } from './copy-lab.ts';

const lab = new CopyLab();
const inodeOf = (device: string, path: string): string =>
  must('xfs_db', '-r', '-c', `path /courses/${path}`, '-c', 'p v3.inumber', device).match(/\d+$/)?.[0] ?? '';
const SUM = 'sha256sum $(find . -type f ! -name manifest.sha256) >.m; sync; mv .m manifest.sha256; sync .';
/** A change of data alone, on the disk at once: its time is in the log half a minute later. */
function overwrite(course: string, text: string): void {
  const fd = openSync(join(lab.content, 'courses', course, 'a'), 'r+');
  writeSync(fd, text);
  fdatasyncSync(fd);
  closeSync(fd);
}
const rot = (root: string, course: string): void =>
  lab.in(course, `printf X | dd of=a conv=notrunc status=none; sleep 0.05; touch manifest.sha256`, root);

lab.in('plain', `echo aaaa >a; mkdir -p sub/deep; echo b >sub/b; echo c >sub/deep/c; ${SUM}`);
lab.probe();

// Every form that sha256sum --strict --check takes.
lab.in(
  'forms',
  `mkdir -p sub/x; echo a >a; echo b >sub/b; echo c >'sub/x/c (1) = 2'; ln -s sub/b link; ln -s sub linked; echo n >"$(printf 'new\\nline')"
   of() { sha256sum <"$1" | cut -c 1-64; }
   { echo '# a comment'; echo; echo "  $(of a)  ./a"; echo "$(of a | tr a-f A-F) *a"; echo "$(of sub/b)  link"; echo "$(of sub/b)  linked/b"
     echo "$(of sub/b)  sub/.//x/../b"; echo "$(of ../plain/a)  ../plain/a"; sha256sum --tag 'sub/x/c (1) = 2'; printf '%s  a\\r\\n' "$(of a)"
     sha256sum new*; sha256sum --tag new*; } >manifest.sha256
   sha256sum --strict --check manifest.sha256 >/dev/null; sync`,
);
// A mark in front, a signature around it, as others write it.
lab.in(
  'marked-utf8',
  `echo a >a; S=$(sha256sum <a | cut -c 1-64); printf '\\357\\273\\277%s  a\\n' $S >manifest.sha256; mkdir ../signed; echo a >../signed/a
   { echo '-----BEGIN PGP SIGNED MESSAGE-----'; echo 'Hash: SHA256'; echo; echo "$S  a"; echo '-----BEGIN PGP SIGNATURE-----'; echo; echo iQEz; echo '-----END PGP SIGNATURE-----'; } >../signed/manifest.sha256; sync`,
);
// Texts that were no manifest of this kind when they were uploaded.
const NONE: Readonly<Record<string, string>> = {
  md5: 'md5sum a',
  sha512: 'sha512sum --tag a',
  json: 'echo "{\\"a\\": \\"$(sha256sum <a | cut -c 1-64)\\"}"',
  wide: 'sha256sum a | iconv -t UTF-16',
  zeros: 'sha256sum --zero a a',
};
for (const [kind, script] of Object.entries(NONE)) lab.in(kind, `echo a >a; ${script} >manifest.sha256; sync`);
lab.in(
  'bsd',
  `echo a >a; echo b >' b'; { echo "$(sha256sum <a | cut -c 1-64) a"; echo "$(sha256sum <' b' | cut -c 1-64)  b"; } >manifest.sha256; sha256sum --strict --check manifest.sha256 >/dev/null; sync`,
);
// Folders behind backslashes, and a name that has one.
lab.in(
  'windows',
  `mkdir -p sub/x; echo b >sub/b; echo c >sub/x/c; echo d >'d\\e'
   { printf '%s *sub\\\\b\\r\\n' $(sha256sum <sub/b | cut -c 1-64); printf '%s *.\\\\sub\\\\x\\\\c\\r\\n' $(sha256sum <sub/x/c | cut -c 1-64); sha256sum d*; } >manifest.sha256; sync`,
);
lab.in(
  'odd',
  `echo a >a; mkdir sub; ln -s /etc/hostname out; { sha256sum </dev/null; echo "$(sha256sum <a | cut -c 1-64)  sub/../manifest.sha256"; sha256sum /etc/hostname; echo "$(sha256sum <out | cut -c 1-64)  out"; echo "$(sha256sum </etc/hostname | cut -c 1-64)  manifest.sha256"; sha256sum a; echo "$(echo | sha256sum | cut -c 1-64)  a"; } >manifest.sha256; sync`,
);
lab.probe();
lab.copy();
lab.check('forms');
lab.copy((root) => lab.in('forms', 'echo x >sub/b; rm a; sleep 0.05; touch manifest.sha256', root));
lab.check('forms, and damage under them');
lab.copy((root) => lab.in('windows', 'echo x >sub/b; sleep 0.05; touch manifest.sha256; touch ../plain/new', root));
lab.check('damage under backslashes');
// What rot leaves of the only line of a manifest, or of all of it: as old as it ever was.
const SINGLE: Readonly<Record<string, string>> = {
  'a digit that is none any more': 'sed -i s/^./q/ manifest.sha256',
  'a blank that is none any more': 'sed -i "s/ /0/" manifest.sha256',
  zeros: 'truncate -s 0 manifest.sha256; truncate -s 67 manifest.sha256',
  'a name that is a zero now': 'printf "\\0" | dd of=manifest.sha256 bs=1 seek=66 conv=notrunc status=none',
  'a zero in a name': 'printf "ab\\0c\\n" | dd of=manifest.sha256 bs=1 seek=66 conv=notrunc status=none',
};
for (const [label, script] of Object.entries(SINGLE)) {
  lab.copy((root) => lab.in('single', `echo a >a; sha256sum a >manifest.sha256; ${script}`, root));
  lab.check(`rot of one line: ${label}`);
}
lab.copy((root) =>
  lab.in(
    'forms',
    'ln -sfn a link; mv sub sub.1; cp -rp sub.1 sub.2; echo other >sub.2/b; sleep 0.1; mv sub.2 sub; rm -r sub.1',
    root,
  ),
);
lab.check('a symlink turned, a directory put in the place of another');

// The clock was ahead when the manifest was written.
/** The time of a file's last change, in the inode: nanoseconds since 1901 (bigtime, linux/fs/xfs/libxfs/xfs_format.h). */
function setChangeTime(device: string, path: string, seconds: number): void {
  const inode = inodeOf(device, path);
  const sector = must('xfs_db', '-r', '-c', `inode ${inode}`, '-c', 'daddr', device).match(/daddr is (\d+)/)?.[1];
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE((BigInt(seconds) + 2n ** 31n) * 10n ** 9n);
  const fd = openSync(device, 'r+');
  writeSync(fd, bytes, 0, 8, Number(sector) * 512 + 0x30);
  fsyncSync(fd);
  closeSync(fd);
  must('xfs_db', '-x', '-c', `inode ${inode}`, '-c', 'crc -r', device);
}
const ahead = (device: string, path: string): void =>
  setChangeTime(device, path, Math.floor(Date.now() / 1000) + 100_000);
const change = (root: string): void => lab.in('plain', 'echo lawful >a; sync', root);
lab.copy(change, (device) => ahead(device, 'plain/manifest.sha256'));
lab.check('the clock was set back, then a change');
lab.copy(
  (root) => rot(root, 'plain'),
  (device) => ahead(device, 'forms/a'),
);
lab.check('damage beside a file from the future');

// Overwritten in place just before the copy; and what only looks like that.
lab.in('written', `echo aaaa >a; ${SUM}`);
lab.probe();
overwrite('written', 'AAAA');
lab.copy();
lab.check('overwritten in place just before the copy');
lab.check('the same copy again');
lab.probe();
must('sync', '--file-system', lab.content);
lab.probe();
lab.copy();
lab.check('the next copy has its time');
for (const course of ['rotten', 'second', 'third']) lab.in(course, `echo rrrr >a; ${SUM}`);
/** The first byte of a file of what is served, in a copy that nobody has mounted yet. */
const decay = (course: string): ((device: string) => void) => {
  const [extent] = extentsOf(join(lab.content, 'courses', course, 'a'));
  return (device) => {
    const fd = openSync(device, 'r+');
    writeSync(fd, 'X', (extent?.first ?? 0) * 512);
    closeSync(fd);
  };
};
for (const [label, course] of [
  ['rot in a copy of a live volume', 'rotten'],
  ['the same rot in the next', 'rotten'],
  ['and in one after that', 'rotten'],
  ['sound', ''],
  // Of two copies running, with another suspect each, the second is not held back; but a third is.
  ['a suspect', 'rotten'],
  ['another suspect', 'second'],
  ['a third suspect', 'third'],
] as const) {
  lab.probe();
  lab.copy(undefined, course === '' ? undefined : decay(course));
  lab.check(label);
}
lab.check('a third suspect, looked at again');
lab.copy((root) => rot(root, 'rotten'));
lab.check('rot in a copy that was unmounted');

// An attribute that was being set.
const caught = (device: string): void => {
  const inode = inodeOf(device, 'marked/a');
  must(
    'xfs_db',
    '-x',
    '-c',
    `inode ${inode}`,
    '-c',
    'attr_set -r -v 3000 whole',
    '-c',
    'attr_set -r -v 8000 caught',
    device,
  );
  for (const block of [0, 1, 2]) {
    const at = ['-c', `inode ${inode}`, '-c', `ablock ${block}`];
    const text = must('xfs_db', '-r', ...at, '-c', 'p', device);
    const index = /nvlist\[(\d+)\]\.valueblk/.exec(text)?.[1];
    if (index !== undefined) {
      must('xfs_db', '-x', ...at, '-c', `write entries[${index}].incomplete 1`, device);
      return;
    }
  }
  throw new Error(`no attribute of ${device} has blocks of its own`);
};
lab.in('marked', `echo m >a; ${SUM}`);
lab.probe();
lab.copy(() => undefined, caught);
lab.check('an attribute that was being set');
lab.check('the same, and attributes cannot be read', lab.instead({ getfattr: 'exit 127' }));
lab.check(
  'the same, and another finding',
  lab.instead({ xfs_repair: '/usr/sbin/xfs_repair "$@"; echo "bad nblocks 3 for inode 99, would reset to 1"; exit 1' }),
);

// What ends before it has found anything says nothing. Nor does what had no room to be written to.
lab.copy(() => undefined);
const lists = join(lab.root, 'var/lib/remount');
for (const room of [
  'size=4k',
  'size=8k',
  'size=12k',
  'size=16k',
  'size=28k',
  'nr_inodes=5',
  'nr_inodes=6',
  'nr_inodes=10',
]) {
  must('mount', '-t', 'tmpfs', '-o', room, 'none', lists);
  lab.check(`no room for lists, ${room}`);
  must('umount', lists);
}
lab.check(
  'xfs_db dies',
  lab.instead({ xfs_db: 'case "$*" in *blockget*) exit 137 ;; esac; exec /usr/sbin/xfs_db "$@"' }),
);
lab.check(
  'xfs_db has no memory',
  lab.instead({
    xfs_db: 'case "$*" in *blockget*) echo "xfs_db: out of memory" >&2; exit 3 ;; esac; exec /usr/sbin/xfs_db "$@"',
  }),
);
lab.check('xfs_db takes too long', {
  REMOUNT_LOOK_SECONDS: '1',
  ...lab.instead({ xfs_db: 'case "$*" in *blockget*) sleep 20 ;; esac; exec /usr/sbin/xfs_db "$@"' }),
});
lab.check(
  'xfs_db finds something',
  lab.instead({
    xfs_db: 'case "$*" in *blockget*) echo "block 0/7 claimed by two"; exit 3 ;; esac; exec /usr/sbin/xfs_db "$@"',
  }),
);
lab.check(
  'free space cannot be asked for',
  lab.instead({ xfs_db: 'case "$*" in *freesp*) exit 137 ;; esac; exec /usr/sbin/xfs_db "$@"' }),
);
lab.check(
  'xfs_repair finds the device in use',
  lab.instead({ xfs_repair: 'echo "xfs_repair: cannot open $4: Device or resource busy"; exit 1' }),
);
lab.check(
  'xfs_repair is asked',
  lab.instead({
    xfs_repair:
      'printf "%s " "$@" >"$REMOUNT_ROOT/asked"; echo >>"$REMOUNT_ROOT/asked"; sed -n "s/^MemAvailable: *//p" /proc/meminfo >>"$REMOUNT_ROOT/asked"; exit 0',
  }),
);
const [asked = '', available = ''] = must('cat', join(lab.root, 'asked')).split('\n');
lab.answers.share = Number(/-m (\d+)/.exec(asked)?.[1]) / (Number.parseInt(available, 10) / 1024);

// The time that the metadata took is not the content's, and what is fresh takes half of that.
const clock = join(lab.root, 'clock');
writeFileSync(clock, '1000');
lab.check(
  'time is shared out',
  lab.instead({
    date: `[ "$1" = +%s ] && exec cat ${clock}; exec /bin/date "$@"`,
    xfs_repair: `echo 9000 >${clock}`,
    timeout: `[ "$1" != -s ] || echo "$3" >>${lab.root}/given; exec /usr/bin/timeout "$@"`,
  }),
);
lab.answers.given = readFileSync(join(lab.root, 'given'), 'utf8').trim().split('\n');

// Damage is distinguished from a change by the default of a minute before the copy.
for (const [label, seconds] of [
  ['changed half a minute before the copy', 30],
  ['damaged two minutes before the copy', 120],
] as const) {
  let canary = 0;
  lab.probe();
  lab.copy(
    (root) => {
      canary = Math.floor(statSync(join(root, '.remount/canary')).ctimeMs / 1000);
      rot(root, 'rotten');
    },
    (device) => {
      for (const [name, later] of [
        ['a', 0],
        ['manifest.sha256', 5],
      ] as const) {
        setChangeTime(device, `rotten/${name}`, canary - seconds + later);
      }
    },
  );
  lab.check(label, { REMOUNT_SETTLE_SECONDS: '' });
}

// Large files: what is listed may be compared when there is time; data are read, and holes cost nothing.
lab.in(
  'large',
  `truncate -s 8T image; printf data | dd of=image bs=1 seek=5T conv=notrunc status=none; echo s >small; echo "$(printf '%064d' 0)  image" >manifest.sha256; sha256sum small >>manifest.sha256; sync`,
);
lab.in('unlisted', 'truncate -s 200G disk; printf data | dd of=disk bs=1 seek=100G conv=notrunc status=none; sync');
// A path of over 4,096 bytes: it can be made from within, and not be opened by its name.
lab.in('deep', 'n=$(printf %0200d 0); for i in $(seq 24); do mkdir $n && cd -P $n; done; echo deep >file; sync');
lab.probe();
lab.copy();
lab.check('large files, and a path too long');
lab.copy((root) => rot(root, 'rotten'));
lab.check('the same, and a small file is damaged');

// A clock that was set back and is right again: the change has an earlier time than the manifest before it.
for (const [label, from, to] of [
  ['a change in a time that came twice', 3000, 900],
  ['the manifest is from after that time', 3000, 1100],
  ['the file is from before that time', 1900, 900],
  ['a clock that was wrong by days', 300_000, 900],
  ['no time at all', Number.NaN, 900],
] as const) {
  let canary = 0;
  lab.copy(
    (root) => {
      canary = Math.floor(statSync(join(root, '.remount/canary')).ctimeMs / 1000);
      writeFileSync(join(root, '.remount/clock'), `0 1\n${canary - from} ${canary - to}\n`);
      lab.in('third', 'echo lawful >a; sync', root);
    },
    (device) => {
      setChangeTime(device, 'third/a', canary - 2000);
      setChangeTime(device, 'third/manifest.sha256', canary - 1000);
    },
  );
  lab.check(label);
}
lab.answers.turned = ['+%s', '+%s.'].map((format) => {
  lab.probe();
  const now = Math.floor(statSync(join(lab.content, '.remount/canary')).ctimeMs / 1000);
  const early = `[ "$1" != ${format} ] || exec echo ${now - 3600}; exec /bin/date "$@"`;
  for (let n = 0; n < 21; n++) lab.probe(lab.instead({ date: early }));
  const noted = must('sh', '-c', 'cat "$1" 2>/dev/null || :', 'sh', join(lab.content, '.remount/clock'));
  rmSync(join(lab.content, '.remount/clock'), { force: true });
  return noted
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(' ').map((time) => Math.round((Number(time) - now) / 60)));
});
lab.close();
