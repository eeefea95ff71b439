/** A spare that follows, as a host has it: see `agent-host.ts`. Owner and spare are on one host here. Prints what came of it as JSON. */
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { makeCourse } from '../../simulator/disks/support.ts';
import { disks, HOST, root } from '../one-host.ts';
import {
  end,
  wasAsked as everythingAsked,
  gauges,
  ID,
  memory,
  run,
  settingsOf,
  startUnit,
  status,
  until,
  verb,
  version,
} from './agent-host.ts';

const SPARE = 'vol-0000000000000000b';
const NEXT = 'vol-0000000000000000c';
const FOREIGN = 'vol-0000000000000000d';
const LAST = 'vol-0000000000000000f';
const answers: Record<string, unknown> = {};
const at = (id: string, ...path: readonly string[]) => join(root, 'mnt/remount', id, ...path);
const of = (id: string) => ({ SSM_VolumeId: id });
/** Of systemd; the owner is served all the while. */
const wasAsked = () => everythingAsked().map((line) => line.replace(' (served)', ''));
/** What it answers, but for what is for people. */
const said = ({ complaint: _, ...rest }: Record<string, unknown>) => rest;

disks.createVolume(ID, 1);
disks.attach(ID, HOST);
for (const name of ['format', 'mount', 'serve']) await verb(name);
answers['without the software'] = said(await verb('follow', of(SPARE)));
writeFileSync(join(root, 'opt/remount/journal'), 'eu-west-1 journals\n');
await run(join(version, 'apply.sh'), 'apply', 'none');
await verb('serve');
const wrote = once(startUnit(), 'close');
await until(async () => existsSync(settingsOf(ID)) && (await status()).state === 'running');
disks.upload(HOST, 'alpha', makeCourse('before'));
await until(async () => Number((await status()).number) >= 1 && (await status()).dirty === '0');
for (const id of [SPARE, NEXT, LAST]) {
  disks.takeSnapshot(ID, `snap-of-${id}`);
  disks.createVolume(id, 1, `snap-of-${id}`);
  disks.attach(id, HOST);
}
wasAsked();

answers['what is served'] = (await verb('follow')).code;
answers['what is not there'] = (await verb('follow', of('vol-0000000000000000e'))).code;
disks.createVolume(FOREIGN, 1);
disks.attach(FOREIGN, HOST);
await verb('format', { ...of(FOREIGN), SSM_Volume: 'beta' });
const foreign = await verb('follow', of(FOREIGN));
answers['of another content volume'] = [
  foreign.code,
  existsSync(settingsOf(FOREIGN)),
  existsSync(at(FOREIGN, '.remount')),
];
answers['asked of systemd'] = wasAsked();

const first = await verb('follow', of(SPARE));
answers.followed = [said(first), wasAsked()];
await until(() => gauges.some((gauge) => gauge.startsWith('SpareLag')));
answers['first lag'] = gauges.filter((gauge) => gauge.startsWith('SpareLag'));
gauges.length = 0;
const follower = startUnit('remount-spare', SPARE);
const spare = settingsOf(SPARE);
await until(async () => (await status(spare)).headAt !== undefined);
const course = makeCourse('after');
disks.upload(HOST, 'alpha', course);
const [file] = course.files;
const strange = join('courses/after', file?.path ?? '');
chownSync(at(ID, strange), 4321, 1234);
chmodSync(at(ID, strange), 0o6755);
const closed = Date.now();
const has = () => existsSync(at(SPARE, strange)) && statSync(at(SPARE, strange)).uid === 4321;
await until(async () => has() && Date.parse(String((await status(spare)).headAt)) > closed + 1000);
const { mode, uid, gid } = statSync(at(SPARE, strange));
answers.applied = [(mode & 0o7777).toString(8), uid, gid, readdirSync(at(SPARE, dirname(strange))).length > 0];
const again = await verb('follow', of(SPARE));
answers['followed again'] = [again.state, Date.parse(String(again.headAt)) > closed, wasAsked()];
answers.memory = memory(follower.pid ?? 0);
await until(() => gauges.some((gauge) => gauge.startsWith('SpareLag')));
answers.gauge = gauges.find((gauge) => gauge.startsWith('SpareLag'));
answers['not served'] = existsSync(join(root, 'var/lib/remount/serving/alpha'))
  ? readFileSync(join(root, 'var/lib/remount/serving/alpha'), 'utf8').trim()
  : 'nothing';
answers.mounted = said(await verb('mount', of(SPARE)));

// Its heal: nobody follows any more, and nobody does again.
const ended = once(follower, 'close');
await verb('release');
await wrote;
wasAsked();
const drained = await verb('drain', of(SPARE));
answers.drained = [drained.state, drained.missing, wasAsked()];
answers.ended = await Promise.race([ended.then(([code]) => code), setTimeout(10_000, 'never')]);
answers['after a takeover'] = (await verb('follow', of(SPARE))).code;
answers['its unit, after a takeover'] = (await once(startUnit('remount-spare', SPARE), 'close'))[0];
const serves = await verb('serve', of(SPARE));
answers.serves = [serves.state, existsSync(at(SPARE, '.remount/spare/tree')), wasAsked()];

// Another one, which is dropped before anybody needs it.
answers['followed too'] = said(await verb('follow', of(NEXT)));
const other = startUnit('remount-spare', NEXT);
const stopped = once(other, 'close');
await until(async () => (await status(settingsOf(NEXT))).headAt !== undefined);
wasAsked();
other.kill('SIGTERM');
answers.stopped = (await stopped)[0];
answers.dropped = [said(await verb('release', of(NEXT))), wasAsked(), existsSync(dirname(settingsOf(NEXT)))];
answers['just released'] = (await verb('follow', of(NEXT))).code;
answers['its unit, released'] = (await once(startUnit('remount-spare', NEXT), 'close'))[0];

// Those that nobody has drained serve as well, and are none that a copy of them would go on with: what is asked to serve with a term ends them as
// `drain` would have; and what knows of none, at once.
await verb('release', of(SPARE));
for (const [name, id, term] of [
  ['undrained', NEXT, '2'],
  ['undrained, of no term', LAST, '0'],
] as const) {
  await verb('follow', { ...of(id), REMOUNT_AWAY_MINUTES: '0' });
  const last = startUnit('remount-spare', id);
  await until(async () => (await status(settingsOf(id))).headAt !== undefined);
  const over = once(last, 'close');
  wasAsked();
  const tree = () => existsSync(at(id, '.remount/spare/tree'));
  const before = tree();
  const { state } = await verb('serve', { ...of(id), SSM_Term: term });
  answers[name] = [state, before, tree(), wasAsked()];
  answers[`${name}, ended`] = await Promise.race([over, setTimeout(10_000, ['never'])]);
  await verb('release', of(id));
}
end(answers);
