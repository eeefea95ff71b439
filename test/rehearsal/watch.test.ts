import { beforeEach, describe, expect, test } from '@jest/globals';
import { TAG, VOLUME_ROLE } from '../../contract/contract.ts';
import { Watch } from '../../rehearsal/world/watch.ts';
import type { World } from '../../rehearsal/world/world.ts';
import type { MemoryDisks } from '../../simulator/disks/memory/memory.ts';
import { Lab } from '../simulator/aws/lab.ts';
import { documentScript } from '../simulator/disks/support.ts';

const A = 'i-0aaaaaaaaaaaaaaaa';
const B = 'i-0bbbbbbbbbbbbbbbb';

let lab: Lab;
let watch: Watch;

beforeEach(() => {
  lab = new Lab();
  lab.launch(A);
  lab.launch(B);
  const services = { cloud: lab.cloud, ec2: lab.ec2 };
  // The three members that it looks at.
  watch = new Watch({ services, disks: lab.cloud.disks, clock: lab.clock } as unknown as World);
});

function verb(instanceId: string, name: string, volumeId: string): void {
  const env = { SSM_Volume: 'alpha', SSM_VolumeId: volumeId, REMOUNT_NOW: '2026-01-07T00:00:00Z' };
  lab.cloud.disks.run(instanceId, { verb: name, script: documentScript(name), env, timeoutSeconds: 5 });
}

/** Attached to an instance, formatted if it is blank, and served there. */
async function serve(volumeId: string, instanceId: string): Promise<void> {
  await lab.call('AttachVolume', { VolumeId: volumeId, InstanceId: instanceId, Device: '/dev/sdf' });
  await lab.pass(10);
  for (const name of ['format', 'mount', 'serve']) verb(instanceId, name, volumeId);
  lab.cloud.say('test', `${instanceId} serves ${volumeId}`);
}

function stallVolume({ cloud }: Lab, volumeId: string, stalled: boolean): void {
  cloud.disks.stall(volumeId, stalled);
  if (stalled) cloud.faults.stalled.set(volumeId, cloud.clock.now());
  else cloud.faults.stalled.delete(volumeId);
}

const tagged = () => ({
  TagSpecifications: [{ ResourceType: 'volume', Tags: [{ Key: TAG.volume, Value: 'alpha' }] }],
});

describe('two writers', () => {
  test('are seen, although it was for a moment only', async () => {
    const [first, second] = [await lab.made(), await lab.made()];
    await serve(first, A);
    expect([...watch.twoWriters]).toEqual([]);
    await serve(second, B);
    verb(A, 'release', first);
    lab.cloud.say('test', 'over');
    expect([...watch.twoWriters]).toEqual([expect.stringContaining(`${A} (${first}) and ${B} (${second})`)]);
  });

  test('are not one that is shut down, released or powered off, and one that serves', async () => {
    const volumes = [await lab.made(), await lab.made(), await lab.made()] as const;
    await serve(volumes[0], A);
    lab.cloud.disks.lose(volumes[0]);
    await serve(volumes[1], B);
    verb(B, 'release', volumes[1]);
    await lab.call('DetachVolume', { VolumeId: volumes[1] });
    await lab.pass(10);
    await lab.call('StopInstances', { InstanceIds: [A] });
    await lab.pass(300);
    await serve(volumes[2], B);
    expect([...watch.twoWriters]).toEqual([]);
  });

  test('are one that hangs and one that serves: it may wake up', async () => {
    const [first, second] = [await lab.made(), await lab.made()];
    await serve(first, A);
    lab.cloud.faults.hung.set(A, lab.clock.now());
    await serve(second, B);
    expect(watch.twoWriters.size).toBe(1);
  });
});

describe('a volume that was served, and whose link is gone', () => {
  const gone = (volumeId: string) => {
    const disks = lab.cloud.disks as MemoryDisks;
    disks.keepOpen(A, volumeId, true);
    verb(A, 'release', volumeId);
    lab.cloud.say('test', 'released');
    return disks;
  };

  test('has a writer for as long as it is mounted', async () => {
    const [first, second] = [await lab.made(), await lab.made()];
    await serve(first, A);
    gone(first);
    expect([lab.cloud.disks.links(A), [...watch.twoWriters]]).toEqual([[], []]);
    await serve(second, B);
    expect([...watch.twoWriters]).toEqual([expect.stringContaining(`${A} (${first}) and ${B} (${second})`)]);
  });

  test.each<[string, (volumeId: string) => void]>([
    ['unmounted', (volumeId) => lab.cloud.disks.unmount(volumeId)],
    ['shut down', (volumeId) => lab.cloud.disks.lose(volumeId)],
    ['off with its host', () => lab.ec2.instance(A) && Object.assign(lab.ec2.instance(A), { state: 'stopped' })],
  ])('has none when it is %s', async (_, ends) => {
    const [first, second] = [await lab.made(), await lab.made()];
    await serve(first, A);
    gone(first);
    ends(first);
    lab.cloud.say('test', 'ended');
    await serve(second, B);
    expect([...watch.twoWriters]).toEqual([]);
  });

  test('has none while its I/O hangs, and the release ends when it goes on', async () => {
    const [first, second] = [await lab.made(), await lab.made()];
    await serve(first, A);
    stallVolume(lab, first, true);
    verb(A, 'release', first);
    await serve(second, B);
    stallVolume(lab, first, false);
    lab.cloud.say('test', 'over');
    expect([[...watch.twoWriters], lab.cloud.disks.writes(A, first)]).toEqual([[], false]);
  });

  test('is not a candidate that is looked at beside what serves', async () => {
    const [first, second] = [await lab.made(), await lab.made()];
    await serve(first, A);
    await lab.call('AttachVolume', { VolumeId: second, InstanceId: B, Device: '/dev/sdf' });
    await lab.pass(10);
    for (const name of ['format', 'mount']) verb(B, name, second);
    lab.cloud.say('test', 'mounted');
    expect([...watch.twoWriters]).toEqual([]);
  });
});

test('a volume in quarantine is in the schedule, for one moment', async () => {
  const volumeId = await lab.made({
    TagSpecifications: [{ ResourceType: 'volume', Tags: [{ Key: TAG.schedule, Value: 'hourly' }] }],
  });
  watch.look();
  expect(watch.suspectScheduled.size).toBe(0);
  const { tags } = lab.ec2.volume(volumeId);
  tags[TAG.role] = VOLUME_ROLE.quarantined;
  watch.look();
  delete tags[TAG.schedule];
  watch.look();
  expect([...watch.suspectScheduled]).toEqual([volumeId]);
});

test('what content was served from is written down', async () => {
  const [first, second] = [await lab.made(), await lab.made()];
  await serve(first, A);
  verb(A, 'release', first);
  lab.cloud.say('test', 'released');
  await serve(second, B);
  expect(watch.served.get('alpha')?.map((s) => s.volumeId)).toEqual([first, undefined, second]);
});

describe('a blank volume', () => {
  test('is seen when it is served and copies of the content exist', async () => {
    const first = await lab.made(tagged());
    await serve(first, A);
    expect(watch.blankServed.size).toBe(0);
    lab.snapshots.take(first, { [TAG.volume]: 'alpha' });
    await lab.pass(600);
    verb(A, 'release', first);
    const blank = await lab.made(tagged());
    await serve(blank, B);
    expect([...watch.blankServed]).toEqual([expect.stringContaining(blank)]);
  });

  test('is not one that was made from a copy', async () => {
    const first = await lab.made(tagged());
    await serve(first, A);
    const copy = lab.snapshots.take(first, { [TAG.volume]: 'alpha' });
    await lab.pass(1200);
    verb(A, 'release', first);
    await serve(await lab.made({ ...tagged(), SnapshotId: copy.id }), B);
    expect(watch.blankServed.size).toBe(0);
  });
});

describe('a freeze', () => {
  const freeze = (): void => {
    const env = {
      SSM_command: 'pre-script',
      SSM_executionId: 'None',
      REMOUNT_NOW: new Date(lab.clock.now()).toISOString(),
    };
    lab.cloud.disks.run(A, { verb: 'dlm', script: '# remount-verb: dlm', env, timeoutSeconds: 5 });
  };

  test('is seen when it lasts beyond its time, and its host does not hang', async () => {
    await serve(await lab.made(), A);
    freeze();
    await lab.pass(20);
    watch.look();
    expect(watch.frozenTooLong.size).toBe(0);
    lab.cloud.faults.hung.set(A, lab.clock.now());
    await lab.pass(60);
    watch.look();
    expect(watch.frozenTooLong.size).toBe(0);
    lab.cloud.faults.hung.delete(A);
    await lab.pass(40);
    watch.look();
    expect([...watch.frozenTooLong]).toEqual([expect.stringContaining(A)]);
  });
});
