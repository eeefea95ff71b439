/** A spare to which nothing is applied any more, for changes went unheard, is taken over all the same where there is no other: on real XFS. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { end, Volume } from '../kernel/lab.ts';
import { MARGIN, Owner, pause, Standby } from './agents.ts';
import { MemoryJournal } from './memory-store.ts';
import { differences, take } from './takeover.ts';

const answers: Record<string, unknown> = {};
const disks = mkdtempSync(join(tmpdir(), 'remount-unfit-'));
const disk = (name: string) => mkdtempSync(join(disks, `${name}-`));
const journal = new MemoryJournal();

const first = new Volume('first');
first.sh('mkdir a; for i in $(seq 20); do echo $i >a/$i; done');
const owner = new Owner(first, disk('first'), journal, 1);
await owner.start();
answers.flushed = (await owner.writer.flush(60_000)).flushed;
await pause(2 * MARGIN);
const spare = new Standby(new Volume('spare', first), journal, Date.now());
await spare.start();
await pause(2 * MARGIN);
first.sh('echo before >a/before');
await owner.writer.flush(60_000);
await spare.apply();

// The index is lost: whoever follows needs another base.
owner.writer.stop();
await owner.ended();
owner.forgetIndex();
await owner.start();
await owner.writer.flush(60_000);
answers.unfit = typeof (await spare.apply());
await pause(2 * MARGIN);
first.sh('echo new >a/new; mkdir b; echo 1 >b/1; rm a/3; mv a/4 b/4');
answers['flushed after it'] = (await owner.writer.flush(60_000)).flushed;
answers['nothing is applied'] = typeof (await spare.apply());
await owner.kill(1);

const { state, passed } = await take(spare, journal, { disk: disk('second'), term: 2, deadlineMs: 20_000 });
answers.taken = [state, passed, await differences(first, spare.volume)];

spare.resolver.close();

// Where S3 is dark, an owner serves unsealed, and does not have what the one before wrote last; a third host starts from its volume.
const dark = new MemoryJournal();
const writing = new Volume('writing', first);
const writer = new Owner(writing, disk('writer'), dark, 1);
await writer.start();
await writer.writer.flush(60_000);
await pause(2 * MARGIN);
const unsealed = new Volume('unsealed', writing);
const next = new Standby(unsealed, dark, Date.now());
await next.start();
await pause(2 * MARGIN);
writing.sh('echo drained >drained');
await writer.writer.flush(60_000);
await next.apply();
writing.sh('echo undrained >undrained');
await writer.writer.flush(60_000);
await writer.kill(1);
dark.mishap = () => 'busy';
const root = disk('next');
answers.dark = (await take(next, dark, { disk: root, term: 2, deadlineMs: 300 })).state;
next.resolver.close();
dark.mishap = () => undefined;
unsealed.sh('echo served >served; sync -f .');
const [third, fourth] = ['third', 'fourth'].map((name) => new Standby(new Volume(name, unsealed), dark, Date.now()));
if (!third || !fourth) throw new Error('there are two');
await Promise.all([third.start(), fourth.start()]);
const heir = disk('third');
const honest = await take(third, dark, { disk: heir, term: 3, deadlineMs: 20_000 });
answers['on a third host'] = [honest.state, honest.seal !== undefined && honest.cursor < honest.seal - 1];
answers['what is not there'] = (await differences(writing, third.volume)).flatMap((line) => /^\w+/.exec(line) ?? []);
third.resolver.close();
const goesOn = new Owner(third.volume, heir, dark, 3);
await goesOn.start();
third.volume.sh('echo heir >heir');
answers['and goes on'] = (await goesOn.writer.flush(60_000)).flushed;
await goesOn.kill(1);

// It seals in the end, and states all: nothing is owed to whoever starts from its volume.
for (const number of dark.objects.keys()) if (number >= (honest.seal ?? 0)) dark.objects.delete(number);
const late = new Owner(unsealed, root, dark, 2);
await late.start();
answers['sealed at last'] = (await late.writer.flush(60_000)).flushed;
await late.kill(1);

const stated = await take(fourth, dark, { disk: disk('fourth'), term: 3, deadlineMs: 20_000 });
answers['stated anew'] = [stated.state, await differences(unsealed, fourth.volume)];
fourth.resolver.close();

// A base that is older than what the journal keeps: what came in between is not there any more.
const old = new Standby(new Volume('old', unsealed), dark, Date.now());
const again = new Owner(unsealed, root, dark, 2);
for (const number of dark.objects.keys()) if (number >= (stated.seal ?? 0)) dark.objects.delete(number);
await again.start();
for (const name of ['expired', 'kept']) {
  unsealed.sh(`echo ${name} >${name}`);
  await again.writer.flush(60_000);
}
await again.kill(1);
const newest = Math.max(...dark.objects.keys());
for (const number of dark.objects.keys()) if (number < newest) dark.objects.delete(number);
await old.start();
const said = (why: string | undefined) => why?.replace(/\d+/, 'N');
answers.expired = said(await old.apply());
const gap = await take(old, dark, { disk: disk('old'), term: 3, deadlineMs: 60_000 });
answers['taken over'] = [gap.state, gap.seal === newest + 1, gap.cursor < newest - 1, said(gap.why)];
old.resolver.close();

rmSync(disks, { recursive: true });
end(answers, first, writing, ...[spare, next, third, fourth, old].map(({ volume }) => volume));
