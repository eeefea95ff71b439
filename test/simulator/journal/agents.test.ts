import { beforeEach, describe, expect, test } from '@jest/globals';
import { MISHAP } from '../../../simulator/aws/account/mishaps.ts';
import { OUTAGE } from '../../../simulator/aws/account/outages.ts';
import { JournalObjects } from '../../../simulator/journal/objects.ts';
import { Succession } from '../../../simulator/journal/succession.ts';
import { ANYONE } from '../aws/lab.ts';
import { BUCKET } from '../aws/s3/s3-lab.ts';
import { damagedCourses } from '../disks/support.ts';
import { JournalLab, NEW, OLD, OWNER, STANDBY, VOLUME } from './journal-lab.ts';

let lab: JournalLab;
beforeEach(async () => {
  lab = new JournalLab();
  await lab.begin();
});

const kill = (instanceId: string) => {
  const { faults } = lab.cloud;
  faults.killedAgents.set(instanceId, (faults.killedAgents.get(instanceId) ?? 0) + 1);
  faults.onAgentKilled?.(instanceId);
};
const segments = (count: number, term = 1) => Array.from({ length: count }, () => `${term} segment`);
const calls = () => lab.cloud.calls.filter(({ service }) => service === 's3').length;
const coursesOn = (volumeId: string, instanceId: string) => lab.cloud.disks.coursesOn(instanceId, volumeId);

describe('the owner', () => {
  test('seals before it writes, and has what was closed in the journal within two seconds', async () => {
    lab.upload('one');
    await lab.pass(2);
    expect(lab.objects()).toEqual(['1 seal', '1 segment']);
  });

  test('writes what changes meanwhile together, and asks S3 nothing where nothing changes', async () => {
    for (const id of ['one', 'two', 'three']) lab.upload(id);
    await lab.pass(5);
    expect(lab.objects()).toEqual(['1 seal', '1 segment']);
    const before = calls();
    await lab.pass(3600);
    expect(calls()).toBe(before);
  });

  test.each([
    MISHAP.throttled,
    MISHAP.errorBefore,
    MISHAP.errorAfter,
    MISHAP.answerLost,
    MISHAP.requestLost,
    MISHAP.overdue,
  ])('leaves no gap and loses nothing where a write ends so: %s', async (how) => {
    lab.prepare();
    lab.cloud.faults.mishaps.order({ service: 's3', operation: 'PutObject', how, times: 1 });
    lab.upload('one');
    await lab.pass(15);
    lab.upload('two');
    await lab.pass(15);
    const found = lab.objects();
    expect(found.slice(0, 3)).toEqual(['1 seal', ...segments(2)]);
    const said = await lab.drain(NEW, STANDBY, 2);
    expect(said).toMatchObject({ state: 'drained', cursor: String(found.length + 1) });
    expect(coursesOn(NEW, STANDBY)).toEqual(['one', 'two']);
  });

  test('says for how long something is not in the journal; nobody says it where no writer runs', async () => {
    const lag = (instanceId: string) => lab.hosts.journalLag?.(instanceId, VOLUME);
    expect([lag(OWNER), lag(STANDBY)]).toEqual([0, undefined]);
    const now = lab.cloud.clock.now();
    lab.cloud.faults.outages.set('s3', OUTAGE.refuses, now, now + 600_000);
    lab.upload('one');
    await lab.pass(90);
    expect(lag(OWNER)).toBe(90_000);
    lab.cloud.faults.frozenAgents.add(OWNER);
    expect(lag(OWNER)).toBeUndefined();
  });

  test('sends at a flush what it has heard of, and says up to when all is there', async () => {
    lab.prepare();
    lab.upload('one');
    expect(await lab.flush(OLD, OWNER)).toBe('true');
    const flushedAt = lab.clock.now();
    const { complete = '' } = await lab.drain(NEW, STANDBY, 2);
    expect(coursesOn(NEW, STANDBY)).toEqual(['one']);
    expect(flushedAt - Date.parse(complete)).toBeLessThan(1000);
  });

  test('has not sent it where it is frozen, and says so after ten seconds', async () => {
    lab.cloud.faults.frozenAgents.add(OWNER);
    lab.upload('one');
    const began = lab.clock.now();
    expect(await lab.flush(OLD, OWNER)).toBe('false');
    expect(lab.clock.now() - began).toBeLessThanOrEqual(10_500);
  });

  test('that was killed by a reboot finds by a scan what it had not stated', async () => {
    lab.upload('one');
    await lab.pass(5);
    lab.upload('two');
    lab.cloud.disks.powerOff(OWNER);
    lab.ec2.instance(OWNER).bootedAt = lab.clock.now();
    lab.verb('mount', OLD, OWNER);
    lab.verb('serve', OLD, OWNER);
    lab.upload('three');
    await lab.pass(10);
    lab.prepare();
    expect(lab.objects()).toEqual(['1 seal', ...segments(2)]);
  });

  test('that was killed starts anew ten seconds later, and finds by a scan what it had not stated', async () => {
    lab.upload('one');
    kill(OWNER);
    lab.upload('two');
    await lab.pass(9);
    expect(lab.objects()).toEqual(['1 seal']);
    await lab.pass(6);
    expect(lab.objects()).toEqual(['1 seal', ...segments(1)]);
    lab.prepare();
    await lab.drain(NEW, STANDBY, 2);
    expect(coursesOn(NEW, STANDBY)).toEqual(['one', 'two']);
  });

  test('that was killed is not started again on a host that was terminated meanwhile', async () => {
    lab.upload('one');
    kill(OWNER);
    lab.cloud.disks.removeHost(OWNER);
    lab.ec2.instance(OWNER).state = 'terminated';
    await lab.pass(20);
    expect(lab.objects()).toEqual(['1 seal']);
  });

  test('that was killed finds by a scan what was replaced under its own name, and states nothing else again', async () => {
    const { disks } = lab.cloud;
    for (const id of ['one', 'two']) lab.upload(id);
    await lab.pass(5);
    lab.prepare();
    const other = disks.readCourse(OWNER, OLD, 'two');
    kill(OWNER);
    disks.applyCourse(OWNER, OLD, 'one', other ?? new Map());
    await lab.pass(20);
    expect(lab.objects()).toEqual(['1 seal', ...segments(2)]);
    expect(await lab.drain(NEW, STANDBY, 2)).toMatchObject({ state: 'drained', files: '6' });
    expect(disks.readCourse(STANDBY, NEW, 'one')).toEqual(other);
    kill(OWNER);
    await lab.pass(20);
    expect(lab.objects()).toEqual(['1 seal', ...segments(2), '2 seal']);
  });
});

describe('a new owner', () => {
  test('whose agent is killed in its drain gives no answer; then it seals, applies nothing, and states what it has', async () => {
    lab.prepare();
    lab.upload('one');
    await lab.pass(5);
    lab.clock.after(50, () => kill(STANDBY));
    expect(await lab.drain(NEW, STANDBY, 2)).toEqual({ '': undefined });
    await lab.pass(40);
    await lab.serve(NEW, STANDBY);
    await lab.pass(5);
    // That there is no course `one` here.
    expect(lab.objects()).toEqual(['1 seal', '1 segment', '2 seal', '2 segment']);
    expect(coursesOn(NEW, STANDBY)).toEqual([]);
  });

  test('writes nothing of what it has drained before its host serves it', async () => {
    lab.upload('one');
    lab.prepare();
    await lab.drain(NEW, STANDBY, 2);
    await lab.pass(60);
    expect(lab.objects().filter((object) => object.startsWith('2'))).toEqual(['2 seal']);
    expect(await lab.flush(NEW, STANDBY)).toBe('false');
  });

  test('has what was uploaded after the copy, and not what was deleted', async () => {
    lab.upload('before');
    lab.upload('gone');
    await lab.pass(5);
    lab.prepare();
    lab.cloud.disks.remove(OWNER, VOLUME, 'gone');
    lab.upload('after');
    await lab.pass(5);
    const said = await lab.drain(NEW, STANDBY, 2);
    expect(said).toMatchObject({ state: 'drained', seal: '4', cursor: '4', files: '6' });
    await lab.serve(NEW, STANDBY);
    expect(coursesOn(NEW, STANDBY)).toEqual(['after', 'before']);
    expect(damagedCourses(lab.cloud.disks, STANDBY, VOLUME)).toEqual([]);
  });

  test('states what its copy holds and nobody had stated, also where the volume is from before the journal', async () => {
    lab.prepare();
    lab.cloud.faults.frozenAgents.add(OWNER);
    lab.upload('unstated');
    const { disks } = lab.cloud;
    disks.takeSnapshot(OLD, 'snap-2');
    const later = 'vol-0000000000000000c';
    disks.createVolume(later, 1, 'snap-2');
    disks.attach(later, STANDBY);
    lab.verb('mount', later, STANDBY);
    await lab.drain(later, STANDBY, 2);
    await lab.serve(later, STANDBY);
    await lab.pass(5);
    expect(await lab.drain(NEW, STANDBY, 3)).toMatchObject({ state: 'drained', files: '6' });
    expect(coursesOn(NEW, STANDBY)).toEqual(['unstated']);
  });

  test('that has no time to read all seals all the same, and says how much is missing', async () => {
    lab.prepare();
    for (const id of ['one', 'two', 'three']) {
      lab.upload(id);
      await lab.pass(5);
    }
    const now = lab.clock.now();
    const shelf = { bucket: BUCKET, volume: VOLUME };
    const objects = new JournalObjects(
      lab.cloud,
      () => ANYONE,
      shelf,
      () => 'runs',
    );
    const who = { volume: VOLUME, term: 2, writer: 'w', run: 1 };
    const from = { reading: { cursor: 1, term: 1 }, complete: undefined };
    const succession = new Succession(lab.clock, objects, who, from);
    const applied: unknown[] = [];
    const apply = (states: readonly unknown[]) => applied.push(...states);
    expect(await lab.within(() => succession.advance({ applying: now, sealing: now + 9000 }, apply))).toBe('sealed');
    expect(succession).toMatchObject({ sealedAt: 5, drained: false, reading: { cursor: 1 } });
    expect(applied).toEqual([]);
    const later = { applying: now + 60_000, sealing: now + 60_000 };
    expect(await lab.within(() => succession.advance(later, apply))).toBe('sealed');
    expect([succession.drained, applied.length]).toEqual([true, 3]);
  });

  test('begins where its copy says, and drains again under a higher term', async () => {
    lab.upload('one');
    await lab.pass(5);
    lab.prepare();
    expect(await lab.drain(NEW, STANDBY, 2)).toMatchObject({ state: 'drained', files: '0', cursor: '3' });
    expect(await lab.drain(NEW, STANDBY, 3)).toMatchObject({ state: 'drained', files: '0', cursor: '4' });
  });

  test('ends the time of the one before: that writes no more once it has met the seal', async () => {
    lab.prepare();
    lab.upload('one');
    await lab.pass(5);
    await lab.drain(NEW, STANDBY, 2);
    lab.upload('too late');
    await lab.pass(30);
    lab.upload('still later');
    await lab.pass(30);
    expect(lab.objects()).toEqual(['1 seal', '1 segment', '2 seal']);
    await lab.serve(NEW, STANDBY);
    expect(coursesOn(NEW, STANDBY)).toEqual(['one']);
    lab.upload('new', STANDBY);
    await lab.pass(5);
    expect(lab.objects()).toEqual(['1 seal', '1 segment', '2 seal', '2 segment']);
  });

  test('does not go on under a term that is somebody else’s', async () => {
    lab.prepare();
    await lab.drain(OLD, OWNER, 3);
    expect(await lab.drain(NEW, STANDBY, 3)).toMatchObject({ state: 'fenced' });
    expect(lab.objects()).toEqual(['1 seal', '3 seal']);
  });

  test('is refused by its host where its term is over already', async () => {
    lab.prepare();
    await lab.drain(OLD, OWNER, 3);
    expect(await lab.drain(NEW, STANDBY, 2)).toMatchObject({ state: 'fenced' });
    await lab.pass(60);
    expect(lab.objects()).toEqual(['1 seal', '3 seal']);
  });
});

describe('where S3 does not answer', () => {
  beforeEach(async () => {
    lab.prepare();
    lab.upload('one');
    lab.upload('two');
    await lab.pass(5);
  });
  const silent = (seconds: number) => {
    const now = lab.clock.now();
    lab.cloud.faults.outages.set('s3', OUTAGE.hangs, now, now + seconds * 1000);
  };

  test('a new owner says so within five seconds, and how far it was read', async () => {
    silent(600);
    const began = lab.clock.now();
    expect(await lab.drain(NEW, STANDBY, 2)).toEqual({ state: 'unsealed', cursor: '1', files: '0' });
    expect(lab.clock.now() - began).toBeLessThanOrEqual(5500);
  });

  test('it writes nothing before its seal; then it applies the rest onto what nobody has touched, and restates it', async () => {
    silent(60);
    await lab.drain(NEW, STANDBY, 2);
    await lab.serve(NEW, STANDBY);
    lab.upload('two', STANDBY);
    lab.cloud.disks.remove(STANDBY, VOLUME, 'two');
    await lab.pass(50);
    expect(lab.objects()).toEqual(['1 seal', '1 segment']);
    await lab.pass(60);
    expect(lab.objects()).toEqual(['1 seal', '1 segment', '2 seal', '2 segment']);
    // What was deleted meanwhile does not come back, nor by the next drain.
    expect(coursesOn(NEW, STANDBY)).toEqual(['one']);
  });
});
