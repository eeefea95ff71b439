/** What a host does when its owner, its index or S3 is lost: on real XFS. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { end, Volume } from '../kernel/lab.ts';
import { MARGIN, Owner, pause, Standby } from './agents.ts';
import { MemoryJournal } from './memory-store.ts';
import { differences, take as takeFor } from './takeover.ts';

const answers: Record<string, unknown> = {};
const disks = mkdtempSync(join(tmpdir(), 'remount-recovery-'));
const journal = new MemoryJournal();
const disk = (name: string) => {
  mkdirSync(join(disks, name), { recursive: true });
  return join(disks, name);
};

async function copyOf(volume: Volume, name: string): Promise<Standby> {
  const standby = new Standby(new Volume(name, volume), journal, Date.now());
  await standby.start();
  return standby;
}
const take = (standby: Standby, name: string, term: number, deadlineMs: number) =>
  takeFor(standby, journal, { disk: disk(name), term, deadlineMs });
async function flushed(owner: Owner): Promise<boolean> {
  return (await owner.writer.flush(60_000)).flushed;
}

// A snapshot, and the journal from its own cursor.
const first = new Volume('first');
first.sh('mkdir a b; for i in $(seq 20); do echo $i >a/$i; done; ln -s a link');
const owner = new Owner(first, disk('first'), journal, 1);
await owner.start();
await flushed(owner);
await pause(2 * MARGIN);
const snapshot = await copyOf(first, 'snapshot');
const follower = await copyOf(first, 'follower');
await pause(2 * MARGIN);
first.sh('mv a b/c; rm b/c/1; echo new >b/c/2; ln b/c/3 hard; mkdir d; echo after >d/after; rm link; chmod 700 b');
answers.flushed = await flushed(owner);
await follower.apply();
// What was not acknowledged is lost with the owner.
await owner.kill(1);
answers.drained = (await take(snapshot, 'second', 2, 20_000)).state;
answers['from a snapshot'] = await differences(first, snapshot.volume);

// The new owner goes on with the index that it was handed: what it has not touched it does not state.
const second = new Owner(snapshot.volume, disk('second'), journal, 2);
const before = journal.objects.size;
await second.start();
snapshot.volume.sh('echo second >d/second; mv b/c e');
answers['flushed by the next'] = await flushed(second);
answers['small segments'] = [...journal.objects.values()].slice(before).every(({ bytes }) => bytes.length < 20_000);
await follower.apply();
answers['a follower over a change of owner'] = await differences(snapshot.volume, follower.volume);

// More changes at once than are kept in mind of: a scan finds them.
second.writer.stop();
await second.ended();
await second.start();
await flushed(second);
// What reads the events is stopped, and more happens than the kernel keeps.
process.kill(second.events.pid, 'SIGSTOP');
snapshot.volume.py('for i in range(17000): os.mkdir("d/n%d" % i)\nfor i in range(10, 17000): os.rmdir("d/n%d" % i)');
snapshot.volume.sh('echo after >after; rm -r e');
process.kill(second.events.pid, 'SIGCONT');
answers['flushed after an overflow'] = await flushed(second);
const said = [...journal.objects.values()].some(({ bytes }) =>
  bytes.includes('"record":"doubt","why":"events: overflow"'),
);
answers.overflowed = said;
answers.unfit = await follower.apply();
answers['after an overflow'] = await differences(snapshot.volume, follower.volume);

// The index is lost: the volume is taken as it is, and the spares of before are no more.
second.writer.stop();
await second.ended();
snapshot.volume.sh('rmdir d/n1; echo unheard >unheard');
second.forgetIndex();
await second.start();
answers['flushed without an index'] = await flushed(second);
answers['unfit without an index'] = typeof (await follower.apply());
await pause(2 * MARGIN);
const third = await copyOf(snapshot.volume, 'third');
const watching = await copyOf(snapshot.volume, 'watching');
await pause(2 * MARGIN);
snapshot.volume.sh('echo x >x');
await flushed(second);
await Promise.all([third.apply(), watching.apply()]);
answers['a new base'] = [third.applier.progress.passed, await differences(snapshot.volume, third.volume)];

// S3 does not answer: it is served unsealed. What was not drained is stated as it is on the new owner.
snapshot.volume.sh('echo undrained >x; echo made >undrained; mv d f');
await flushed(second);
second.writer.stop();
await second.ended();
journal.mishap = () => 'busy';
answers.unsealed = (await take(third, 'third', 3, 500)).state;
const last = new Owner(third.volume, disk('third'), journal, 3);
await last.start();
third.volume.sh('echo served >served');
await pause(500);
answers['not flushed'] = (await last.writer.flush(300)).flushed;
journal.mishap = () => undefined;
answers['flushed at last'] = await flushed(last);
answers['watched to the end'] = [await watching.apply(), await differences(third.volume, watching.volume)];
last.writer.stop();
await last.ended();

for (const standby of [follower, watching]) standby.stop();
for (const standby of [snapshot, third]) standby.resolver.close();
rmSync(disks, { recursive: true });
end(answers, first, ...[snapshot, follower, third, watching].map(({ volume }) => volume));
