/** Checks that read a part of the content and what changed, on real XFS. Prints the answers as JSON: name -> [exit code, keys, stderr]. */
import { closeSync, openSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { extentsOf } from '../../simulator/disks/xfs/plant.ts';
import { CopyLab } from './copy-lab.ts';

const COURSES = ['one', 'two', 'three'];
const PARTS = 4;
const lab = new CopyLab();
/** Nothing is read for having changed shortly before the copy before. */
const STRICT = { REMOUNT_LATE_SECONDS: '0' };
const pathOf = (course: string, name: string): string => join(lab.content, 'courses', course, name);
const SUM = 'sha256sum [a-z]* >x; grep -v " x$" x >manifest.sha256; rm x; sync';

for (const course of COURSES) lab.in(course, `for f in a b c d; do echo "$f of ${course}" >$f; done; ${SUM}`);
/** Flips a byte of a file where it lies on a copy's device. */
const decay = (course: string, name: string) => {
  const [extent] = extentsOf(pathOf(course, name));
  return (device: string): void => {
    const fd = openSync(device, 'r+');
    writeSync(fd, 'X', (extent?.first ?? 0) * 512);
    closeSync(fd);
  };
};
const unmounted = (): void => undefined;
/** By the host's clock, which the copy's times are of: all of the content is older, and the canary is younger. */
const since = Math.floor(Date.now() / 1000) + 2;
while (Date.now() / 1000 < since) await sleep(50);
lab.probe();

lab.copy(unmounted);
lab.check('all');
for (let part = 0; part < PARTS; part++)
  lab.check(`part ${part}`, { ...STRICT, SSM_Portion: `${part}/${PARTS}/${since}` });
lab.check('with what changed shortly before', { SSM_Portion: `1/${PARTS}/${since}` });
lab.check('where the clock is behind', { ...STRICT, SSM_Portion: `1/${PARTS}/${since + 100_000}` });
lab.check('of one part', { ...STRICT, SSM_Portion: `0/1/${since}` });

/** The part that a file is of, and another one. */
const partsOf = (course: string, name: string): readonly [number, number] => {
  const { ino } = statSync(pathOf(course, name));
  return [ino % PARTS, (ino + 1) % PARTS];
};
const [due, other] = partsOf('two', 'b');
lab.copy(unmounted, decay('two', 'b'));
lab.check('rot, and not its turn', { ...STRICT, SSM_Portion: `${other}/${PARTS}/${since}` });
lab.check('rot, in its turn', { ...STRICT, SSM_Portion: `${due}/${PARTS}/${since}` });
// Of a live volume it is under suspicion first, and then read whatever has its turn.
const [first, next] = partsOf('one', 'c');
for (const [label, part] of [
  ['rot of a live volume, in its turn', first],
  ['the next copy, and not its turn', next],
] as const) {
  lab.probe();
  lab.copy(undefined, decay('one', 'c'));
  lab.check(label, { ...STRICT, SSM_Portion: `${part}/${PARTS}/${since}` });
}
// What changed since is read, with its inode number or without.
lab.in('three', `echo new >a; ${SUM}`);
lab.copy(unmounted, decay('three', 'a'));
for (let part = 0; part < 2; part++)
  lab.check(`changed since, and damaged: part ${part}`, { ...STRICT, SSM_Portion: `${part}/2/${since}` });
// No time at all: what changed is still to be read, and that is said.
lab.copy(unmounted);
const slow = lab.instead({ sha256sum: 'exec sleep 600' });
lab.check('no time', { ...STRICT, ...slow, REMOUNT_CHECK_SECONDS: '2', SSM_Portion: `0/2/${since}` });
for (const portion of ['1/1/5', '1/2', '/2/5', '1//5', '1/2/', '1/2/3/4', '1/0/5', 'some'])
  lab.check(`portion ${portion}`, { SSM_Portion: portion });
lab.close();
