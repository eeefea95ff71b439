/**
 * Writes to a volume until it is killed, as busy uploaders and a clean-up job do. Arguments: root of the content, seed, and
 * `hard` for what overwrites in place, too.
 * What an uploader must do, it does: the files are on the disk before their manifest is.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  existsSync,
  fdatasyncSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { MANIFEST_FILE } from '../../simulator/disks/disks.ts';
import { Random } from '../../simulator/time/random.ts';

const COURSES = 30;
const FILES = 8;
const TICK_MS = 20;
const MAX_ORPHANS = 200;

const [root = '', seed = '1', how = ''] = process.argv.slice(2);
const hard = how === 'hard';
const random = new Random(Number(seed));
const courses = join(root, 'courses');

function synced(path: string, content: Uint8Array | string): void {
  const fd = openSync(path, 'w');
  try {
    writeFileSync(fd, content);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function writeManifest(directory: string, sums: ReadonlyMap<string, string>): void {
  const aside = join(directory, '.aside');
  synced(aside, [...sums].map(([name, sum]) => `${sum}  ${name}\n`).join(''));
  renameSync(aside, join(directory, MANIFEST_FILE));
}

/** Uploads a course, or a new version of it over the old: its files change one by one, the manifest last. */
function upload(directory: string): void {
  mkdirSync(directory, { recursive: true });
  const sums = new Map<string, string>();
  for (let i = 0; i < FILES; i++) {
    const bytes = Buffer.alloc(random.whole(1, 200_000), `${directory}${i}${random.next()}`);
    synced(join(directory, `file-${i}`), bytes);
    sums.set(`file-${i}`, createHash('sha256').update(bytes).digest('hex'));
  }
  writeManifest(directory, sums);
  // The clock of files has the kernel's tick, 10 ms at most: nobody begins a new version within the same.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, TICK_MS);
}

/** Nobody promised anything of these: not synced, not listed. */
function scribble(directory: string): void {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, `scratch-${random.whole(0, 9)}`), Buffer.alloc(random.whole(0, 300_000), 's'));
}

/** Writes into a listed file, where it is, and makes sure that it is on the disk: data first, the time of the change later. */
const IN_PLACE: readonly ((file: string) => void)[] = [
  (file) => writeAt(file, 'r+', fsyncSync),
  (file) => writeAt(file, 'r+', fdatasyncSync),
  (file) => writeAt(file, constants.O_RDWR | constants.O_DSYNC, () => undefined),
  (file) => spawnSync('xfs_io', ['-d', '-c', 'pwrite -q -S 0x61 0 4096', file]),
  (file) => spawnSync('xfs_io', ['-c', 'mmap 0 4096', '-c', 'mwrite -S 0x62 0 4096', '-c', 'msync -s 0 4096', file]),
];

function writeAt(file: string, flags: string | number, sync: (fd: number) => void): void {
  const fd = openSync(file, flags);
  try {
    writeSync(fd, Buffer.alloc(random.whole(1, 4096), `${random.next()}`), 0, undefined, 0);
    sync(fd);
  } finally {
    closeSync(fd);
  }
}

/** A database that is listed as it was: its journal is written in place. */
function useDatabase(directory: string): void {
  mkdirSync(directory, { recursive: true });
  const database = new DatabaseSync(join(directory, 'scores.db'));
  try {
    database.exec('create table if not exists scores (id integer primary key, text text)');
    if (!existsSync(join(directory, MANIFEST_FILE))) {
      const sum = createHash('sha256').update(readFileSync(join(directory, 'scores.db')));
      writeManifest(directory, new Map([['scores.db', sum.digest('hex')]]));
    }
    for (let i = 0; i < 3; i++)
      database.prepare('insert into scores (text) values (?)').run('x'.repeat(random.whole(1, 5000)));
    database.exec('delete from scores where id % 2 = 0');
  } finally {
    database.close();
  }
}

/** Deleted while it is open: the log keeps it on a list, and whoever mounts the copy has to free it. */
const orphans: number[] = [];
function orphan(directory: string): void {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, `orphan-${orphans.length}`);
  const fd = openSync(file, 'w');
  orphans.push(fd);
  rmSync(file);
  writeFileSync(fd, Buffer.alloc(random.whole(1, 100_000), 'o'));
  if (orphans.length > MAX_ORPHANS) closeSync(orphans.shift() ?? fd);
}

/** Over 3 KB, and so in blocks of its own, which are written in steps. */
function setAttribute(file: string): void {
  spawnSync('setfattr', ['-n', `user.a${random.whole(0, 3)}`, '-v', 'v'.repeat(random.whole(10, 40_000)), file]);
}

function workOn(directory: string): void {
  const file = join(directory, `file-${random.whole(0, FILES - 1)}`);
  const chance = random.next();
  if (chance < 0.5 && existsSync(file)) IN_PLACE[random.whole(0, IN_PLACE.length - 1)]?.(file);
  else if (chance < 0.7 && existsSync(file)) setAttribute(file);
  else if (chance < 0.9) orphan(directory);
  else useDatabase(join(courses, `base-${seed}`));
}

function work(): void {
  const directory = join(courses, `load-${seed}-${random.whole(0, COURSES - 1)}`);
  const chance = random.next();
  if (hard && existsSync(directory) && random.next() < 0.6) workOn(directory);
  else if (!existsSync(directory) || chance < 0.3) upload(directory);
  else if (chance < 0.5) scribble(directory);
  else rmSync(directory, { recursive: true });
}

/** A clean-up job, as on the bad Wednesday: many in quick succession. */
function cleanUp(): void {
  for (const name of readdirSync(courses)
    .filter((id) => id.startsWith(`load-${seed}-`))
    .slice(0, COURSES / 2))
    rmSync(join(courses, name), { recursive: true });
}

/** As Linux says it, and as SQLite does. */
const isFull = (error: unknown): boolean => /ENOSPC|database or disk is full/.test(String(error));

for (let turn = 0; ; turn++) {
  try {
    work();
  } catch (error) {
    if (!isFull(error)) throw error;
    for (const fd of orphans.splice(0)) closeSync(fd);
    cleanUp();
  }
  if (turn % 50 === 49) cleanUp();
}
