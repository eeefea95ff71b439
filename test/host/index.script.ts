/** Runs the indexer on real XFS. Prints the manifests that it wrote as JSON: name -> text. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CopyLab } from './copy-lab.ts';

const lab = new CopyLab();
const manifest = (course: string): string | undefined => {
  const path = join(lab.content, 'courses', course, 'manifest.sha256');
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
};

lab.in('hidden', 'mkdir .git; echo a >a; echo h >.htaccess; echo c >.git/config');
lab.in('changing', 'echo a >a; echo b >b');
// Somebody changes a file once it was read, and before the manifest is there.
const changes = `case "$PWD" in */changing) /usr/bin/sha256sum "$@"; code=$?; sleep 0.1; echo more >>a; exit $code ;; esac
exec /usr/bin/sha256sum "$@"`;
lab.index(lab.instead({ sha256sum: changes }));
lab.answers.hidden = manifest('hidden');
lab.answers.whileItChanges = manifest('changing');
lab.index();
lab.answers.later = manifest('changing');

// The first by its name has a file of terabytes: the others do not wait for it.
lab.in('a-huge', 'truncate -s 8T image');
lab.in('small', 'echo s >s');
const waits = `case "$PWD" in */a-huge) [ -s ../small/manifest.sha256 ]; echo "$?" >../../.remount/beside; exit 1 ;; esac
exec /usr/bin/sha256sum "$@"`;
lab.index({ ...lab.instead({ sha256sum: waits }), REMOUNT_LARGE_BYTES: '1000000' });
lab.answers.before = readFileSync(join(lab.content, '.remount/beside'), 'utf8');
lab.answers.beside = manifest('small');
// Nor does the next run wait for ever.
lab.index({ REMOUNT_INDEX_SECONDS: '1', REMOUNT_LARGE_BYTES: '1000000' });
lab.answers.huge = manifest('a-huge');
lab.close();
