import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Content } from './content.ts';
import { filesIn } from './copiers.ts';
import type { Copier } from './program.ts';

const THERE_BEFORE = 2000;
/** Then somebody writes so many files a second for so long, and the host is lost. */
const A_SECOND = 50;
const SECONDS = 20;

const MAKE = `
import os, sys, time
root, prefix, n, pause = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
for i in range(n):
    if i % 100 == 0: os.makedirs("%s/%s%d" % (root, prefix, i // 100))
    with open("%s/%s%d/%d" % (root, prefix, i // 100, i), "wb") as f: f.write(os.urandom(4096))
    time.sleep(pause)`;

export interface Result {
  readonly name: string;
  /** From the end of the burst until the copy had all of it. Seconds. */
  readonly behind: number;
  /** Milliseconds of a processor for a thousand files of the burst. */
  readonly cpu: number;
  /** Files that were closed before the host was lost, and are not in the copy. */
  readonly lost: number;
  /** How long before the host was lost the oldest of them was written. Seconds. */
  readonly lostSeconds: number;
  /** Files in the copy that are not as they were. */
  readonly wrong: number;
}

/** @param burst files at once */
export async function contest(content: Content, copier: Copier, burst: number): Promise<Result> {
  // The agent's S3 is in this process: nothing here may stop it.
  const make = async (prefix: string, files: number, pause = 0) => {
    const args = ['-c', MAKE, content.mountPoint, prefix, `${files}`, `${pause}`];
    const [code] = await once(spawn('/usr/bin/python3', args, { stdio: 'inherit' }), 'exit');
    if (code !== 0) throw new Error(`who writes ended with ${code}`);
  };
  await make('before', THERE_BEFORE);
  await copier.start();
  const before = copier.cpu();
  await make('burst', burst);
  const made = performance.now();
  await copier.caughtUp();
  const behind = (performance.now() - made) / 1000;
  const cpu = ((copier.cpu() - before) / burst) * 1000;
  await make('stream', A_SECOND * SECONDS, 1 / A_SECOND);
  const lostAt = Date.now();
  await copier.kill();
  const copy = await copier.copy();
  const there = new Set(filesIn(copy));
  const files = filesIn(content.mountPoint);
  const lost = files.filter((path) => !there.has(path));
  const oldest = Math.min(lostAt, ...lost.map((path) => statSync(join(content.mountPoint, path)).mtimeMs));
  const isWrong = (path: string) =>
    !readFileSync(join(copy, path)).equals(readFileSync(join(content.mountPoint, path)));
  const wrong = files.filter((path) => there.has(path) && isWrong(path)).length;
  return { name: copier.name, behind, cpu, lost: lost.length, lostSeconds: (lostAt - oldest) / 1000, wrong };
}
