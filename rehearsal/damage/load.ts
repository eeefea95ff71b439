/**
 * Writes to a volume until it is killed, as busy uploaders and a clean-up job do. Arguments: root of the content, seed.
 * What an uploader must do, it does: the files are on the disk before their manifest is.
 */
import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { MANIFEST_FILE } from '../disks/disks.ts';
import { Random } from '../random.ts';

const COURSES = 30;
const FILES = 8;
const TICK_MS = 20;

const [root = '', seed = '1'] = process.argv.slice(2);
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

for (let turn = 0; ; turn++) {
  const directory = join(courses, `load-${seed}-${random.whole(0, COURSES - 1)}`);
  const chance = random.next();
  if (!existsSync(directory) || chance < 0.3) upload(directory);
  else if (chance < 0.5) scribble(directory);
  else rmSync(directory, { recursive: true });
  // A clean-up job, as on the bad Wednesday: many in quick succession.
  if (turn % 50 === 49) {
    for (const name of readdirSync(courses)
      .filter((id) => id.startsWith(`load-${seed}-`))
      .slice(0, COURSES / 2)) {
      rmSync(join(courses, name), { recursive: true });
    }
  }
}
