import { createHash } from 'node:crypto';
import type { Disks } from '../../../simulator/disks/disks.ts';
import { AGENT_ENV, DRAINED_ENV, FLUSHED_ENV, STAND_IN } from '../../../simulator/disks/journal-answers.ts';
import { keysOf, makeCourse, runVerb } from './support.ts';

const UP_TO = '2026-01-07T11:59:58.000Z';

/** What the agent of the journal answers, and what `drain` makes of it. */
const SAID = [
  `state=drained\ncursor=9\nseal=9\nfiles=3\ncomplete=${UP_TO}`,
  `state=undrained\ncursor=4\nseal=9\nfiles=1\ncomplete=${UP_TO}`,
  'state=unsealed\ncursor=4\nfiles=0',
  'state=fenced\ncursor=4\nfiles=0',
];

/**
 * A takeover, step by step: what the agent does with a volume that is served and with a copy of it on the same host, and what its verbs say.
 * @returns the answers, the same on both kinds of disk
 */
export function journalTurn(
  disks: Disks,
  at: { host: string; served: string; copy: string; volume: string },
): unknown[] {
  const { host, served, copy, volume } = at;
  const answers: unknown[] = [];
  disks.listen((...heard) => answers.push(heard));
  const drain = (volumeId: string, more: Readonly<Record<string, string>> = {}) => {
    const given = { SSM_Term: '2', SSM_Bucket: 'journals', SSM_Region: 'eu-west-1', ...more };
    const { exitCode, stdout } = runVerb(disks, host, 'drain', { volume, volumeId, more: given });
    answers.push([exitCode, Object.entries(keysOf(stdout)).sort()]);
  };
  const files = (volumeId: string, course: string) =>
    [...(disks.readCourse(host, volumeId, course) ?? [])]
      .map(([path, bytes]) => `${path} ${createHash('sha256').update(bytes).digest('hex')}`)
      .sort();

  disks.upload(host, volume, makeCourse('journaled'));
  answers.push(files(served, 'journaled'), files(served, 'none'), disks.readMark(host, served));
  disks.writeMark(host, served, 'a mark\n');
  disks.takeSnapshot(served, 'snap-journaled');
  disks.remove(host, volume, 'journaled');

  disks.createVolume(copy, 40, 'snap-journaled');
  disks.attach(copy, host);
  drain(copy);
  runVerb(disks, host, 'mount', { volume, volumeId: copy });
  answers.push(disks.readMark(host, copy), disks.coursesOn(host, copy).includes('journaled'));
  drain(copy);
  for (const term of ['', '0', '02', 'two', '1234567890123456']) drain(copy, { SSM_Term: term });
  for (const said of SAID) drain(copy, { [AGENT_ENV]: STAND_IN, [DRAINED_ENV]: said });

  const other = new Map([['index.html', Buffer.from('other')]]);
  disks.applyCourse(host, copy, 'journaled', undefined);
  disks.applyCourse(host, copy, 'journaled', undefined);
  answers.push(disks.coursesOn(host, copy).includes('journaled'));
  const restored = makeCourse('restored').files.map(({ path, bytes }): [string, Uint8Array] => [path, bytes]);
  const manifest = makeCourse('restored').files.map(({ sha256, path }) => `${sha256}  ${path}\n`);
  for (const content of [other, new Map([...restored, ['manifest.sha256', Buffer.from(manifest.join(''))]])])
    disks.applyCourse(host, copy, 'restored', content as ReadonlyMap<string, Uint8Array>);
  answers.push(files(copy, 'restored'));

  for (const flushed of ['true', 'false']) {
    const more = { [AGENT_ENV]: STAND_IN, [FLUSHED_ENV]: flushed };
    const { exitCode, stdout } = runVerb(disks, host, 'release', { volume, volumeId: copy, more });
    answers.push([exitCode, keysOf(stdout)]);
    runVerb(disks, host, 'mount', { volume, volumeId: copy });
  }
  runVerb(disks, host, 'release', { volume, volumeId: copy });
  disks.detach(copy, host);
  disks.deleteVolume(copy);
  disks.deleteSnapshot('snap-journaled');
  return answers;
}
