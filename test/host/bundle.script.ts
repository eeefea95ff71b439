/** Runs `bundle` on real XFS. Prints the answers as JSON: name -> [exit code, keys, stderr]; and what the archives hold, as tar(1) lists it. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { must, tool } from '../../simulator/disks/shell.ts';
import { REFUSAL_ENV, SENT_ENV } from '../../simulator/disks/software.ts';
import { CopyLab } from './copy-lab.ts';

const lab = new CopyLab();
const unpacked = join(lab.root, 'unpacked');
const sum = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');
/** A script in what came of an archive. */
const unpack = (archive: string, script: string): string => {
  must('rm', '-rf', unpacked);
  mkdirSync(unpacked);
  must('tar', '--extract', '--xattrs', '--file', archive, '--directory', unpacked);
  return must('sh', '-c', `cd "$1" && { ${script}; }`, 'sh', unpacked);
};
const names = (archive: string) =>
  tool('tar', '--list', '--quoting-style=escape', '--file', archive).stdout.trim().split('\n').sort();

lab.in(
  'one',
  'mkdir sub; echo a >a; ln a sub/again; ln -s /etc/passwd out; ln -s ../one sub/up; chmod 640 a; touch -d "2025-05-05 05:05:05.123456789Z" a',
);
lab.in('one', 'setfattr -n user.note -v x a; truncate -s 8T hole; printf "%5000s" "" >-dash; mkfifo pipe');
lab.in('odd', 'echo b >"$(printf "bad\\377utf")"; echo t >"$(printf "%0250d" 0)"');
writeFileSync(join(lab.content, 'courses/odd/new\nline\n'), 'n');
lab.in('secret', 'echo s >s');
must('sh', '-c', `ln -s courses/secret "$1/way" && ln -s secret "$1/courses/link" && sync -f "$1"`, 'sh', lab.content);
lab.copy();

let sent = lab.bundle('a course', 'courses/one');
lab.answers.one = [names(sent), sum(sent)];
lab.answers.whatCame = unpack(
  sent,
  'stat -c "%a %h %y" one/a; cat one/sub/again; readlink one/out one/sub/up; getfattr --only-values -n user.note one/a; stat -c " %s %F" one/hole one/pipe; wc -c <one/-dash',
);
sent = lab.bundle('again', 'courses/one');
lab.answers.sameBytes = sum(sent);
lab.answers.file = names(lab.bundle('a file', 'courses/one/a'));
lab.answers.dashed = names(lab.bundle('a name with a dash', 'courses/one/-dash'));
lab.answers.ends = names(lab.bundle('a name with line breaks', 'courses/odd/new\nline\n'));
lab.answers.bytes = names(lab.bundle('a name that is no UTF-8', Buffer.from('courses/odd/bad\xffutf', 'latin1')));
lab.answers.all = names(lab.bundle('all of it', '')).filter((name) => !name.startsWith('./.remount'));
lab.answers.itself = names(lab.bundle('a link itself', 'way'));
for (const [label, path] of [
  ['through a link', 'way/s'],
  ['through a link below', 'courses/link/s'],
  ['below a file', 'courses/one/a/b'],
  ['not there', 'courses/two'],
  ['a name too long', `courses/${'x'.repeat(300)}`],
] as const)
  lab.answers[`${label}: sent`] = existsSync(lab.bundle(label, path));
for (const path of ['../etc', 'courses/..', 'a/../b', 'courses//one', 'courses/one/', './a', 'courses/.'])
  lab.bundle(`path ${path}`, path);
lab.bundle('no base64', '', { SSM_Path: '!' });
lab.bundle('no slash', '', { SSM_Path: Buffer.from('etc').toString('base64') });
for (const key of ['elsewhere/one.tar', 'bundles/../one.tar', 'bundles/a/b.tar', 'bundles/.tar', 'bundles/one'])
  lab.bundle(`key ${key}`, '', { SSM_Key: key });
lab.bundle('no bucket', '', { SSM_Bucket: '' });
lab.bundle('refused', 'courses/one', { [SENT_ENV]: '', [REFUSAL_ENV]: 'AccessDenied' });
lab.bundle('cut off', 'courses/one', lab.instead({ tar: 'echo half; kill -s KILL $$' }));
const eio =
  'echo "tar: ./one/a: Read error at byte 0, while reading 2 bytes: Input/output error" >&2; echo "tar: Exiting with failure status due to previous errors" >&2; exit 2';
lab.bundle('EIO', 'courses/one', lab.instead({ tar: eio, dmesg: 'exit 0' }));
lab.bundle(
  'EIO of a name',
  'courses/one',
  lab.instead({ stat: 'echo "stat: cannot statx: Structure needs cleaning" >&2; exit 1', dmesg: 'exit 0' }),
);
lab.bundle('late', 'courses/one', { ...lab.instead({ tar: 'exec sleep 60' }), REMOUNT_DEADLINE: '1' });
lab.bundle('after the late one', 'courses/one');
lab.copy(undefined, (device) =>
  must('dd', 'if=/dev/zero', `of=${device}`, 'bs=64k', 'count=1', 'conv=notrunc', 'status=none'),
);
lab.bundle('damaged', 'courses/one');
lab.answers.left = [
  readdirSync(join(lab.root, 'run/remount')).filter((name) => !/\.lock$|way$/.test(name)),
  readdirSync(join(lab.root, 'mnt/remount')).filter((name) => name.startsWith('check')),
  readdirSync(join(lab.root, 'var/lib/remount')).filter((name) => name.startsWith('check')),
];
lab.close();
