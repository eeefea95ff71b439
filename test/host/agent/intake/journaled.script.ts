/** An intake beside a real writer of the journal: what it puts in place is on a spare, with what it notes, and a new owner knows it. On real XFS. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Resolver } from '../../../../host/agent/kernel/resolver.ts';
import { MARGIN, Owner, pause, Standby } from '../journal/agents.ts';
import { MemoryJournal } from '../journal/memory-store.ts';
import { pictureOf } from '../journal/on-disk.ts';
import { end, Volume } from '../kernel/lab.ts';
import { Taker, until } from './lab.ts';
import { MemoryBucket } from './memory-bucket.ts';
import { zip } from './zips.ts';

const answers: Record<string, unknown> = {};
const disks = mkdtempSync(join(tmpdir(), 'remount-journaled-'));
const disk = (name: string) => {
  mkdirSync(join(disks, name), { recursive: true });
  return join(disks, name);
};
const journal = new MemoryJournal();
const bucket = new MemoryBucket();
const owner = new Volume('owner');
owner.sh('mkdir courses; mkdir courses/direct; echo d >courses/direct/file');
const writer = new Owner(owner, disk('owner'), journal, 1);
await writer.start();
await writer.writer.flush(60_000);
await pause(2 * MARGIN);
const standby = new Standby(new Volume('standby', owner), journal, Date.now());
await standby.start();
await pause(2 * MARGIN);

async function differences(): Promise<string[]> {
  const pictures = [];
  for (const volume of [owner, standby.volume]) {
    const resolver = await Resolver.open(volume);
    pictures.push(await pictureOf(volume.mountPoint, resolver));
    resolver.close();
  }
  const [there = [], here = []] = pictures;
  return [...there.filter((line) => !here.includes(line)), ...here.filter((line) => !there.includes(line))].map(
    (line) => line.slice(0, 100),
  );
}
const flush = async () => {
  const { flushed, number } = await writer.writer.flush(20_000);
  return flushed ? number : undefined;
};
const courseOf = (text: string) =>
  zip(
    ['index.html', 'a/b/c/deep.txt', 'a/one.txt'].map((name) => ({
      name,
      content: `${text} of ${name}`,
      deflate: true,
    })),
  );
const answerTo = (version: string) => bucket.answered(`answers/alpha/course/${version}.json`);

const taker = await Taker.start({ volume: owner, store: bucket, flush });
const first = bucket.upload('intake/alpha/course.zip', courseOf('one'));
await until('the first is answered', () => answerTo(first) !== undefined);
const { state, number } = answerTo(first) ?? {};
answers.first = [state, journal.objects.has(number as number), owner.sh('cat courses/course/a/b/c/deep.txt')];
answers['applied up to its number'] = await standby.apply();
answers['on the spare'] = [
  standby.volume.sh('cat courses/course/a/b/c/deep.txt; cat .intake/course | grep -c course.zip'),
  await differences(),
];

// Directories that came from aside are content like any other: what is written there is heard.
owner.sh(
  'echo later >courses/course/a/b/c/later; mkdir courses/course/a/b/new; echo x >courses/course/a/b/new/x; rm courses/course/a/one.txt',
);
answers['written below it'] = (await flush()) !== undefined;
await standby.apply();
answers['heard below it'] = await differences();

const second = bucket.upload('intake/alpha/course.zip', courseOf('two'));
await until('the second is answered', () => answerTo(second) !== undefined);
await standby.apply();
answers.second = [
  answerTo(second)?.state,
  standby.volume.sh('cat courses/course/index.html; ls courses/course'),
  await differences(),
];
answers['in the trash'] = owner.sh('cat .remount/intake/trash/*-course/a/b/c/later').trim();
answers.sound = owner.sh('cd courses/course && sha256sum --quiet --check manifest.sha256 && echo sound').trim();

// Deleted, and the trash emptied: both are the spare's too.
owner.sh('rm -r courses/course .remount/intake/trash/*; mkdir courses/other; echo o >courses/other/o');
await flush();
await standby.apply();
answers.deleted = [standby.volume.sh('ls courses; ls .intake').trim().split('\n'), await differences()];
answers.stopped = await taker.stop();
writer.writer.stop();
answers.writer = await writer.ended();

// The spare's own intake: it knows what was deleted, and takes in what waits.
standby.stop();
const third = bucket.upload('intake/alpha/third.zip', courseOf('three'));
const next = await Taker.start({ volume: standby.volume, store: bucket, flush: async () => 1000 });
await until('the third is answered', () => bucket.answered(`answers/alpha/third/${third}.json`) !== undefined);
await pause(200);
answers['the new owner'] = standby.volume.sh('ls courses').trim().split('\n');
await next.stop();

// Whose journal takes nothing any more refuses nothing: another one may have room for it.
const fourth = bucket.upload('intake/alpha/fourth.zip', zip([{ name: '../out', content: 'x' }]));
const cutOff = await Taker.start({ volume: standby.volume, store: bucket, flush: async () => undefined });
await until('it waits', () => cutOff.intake.status.trouble !== undefined);
await pause(200);
answers['cut off'] = [bucket.answered(`answers/alpha/fourth/${fourth}.json`) ?? 'nothing', bucket.current('intake/')];
await cutOff.stop();
rmSync(disks, { recursive: true });
end(answers, owner, standby.volume);
