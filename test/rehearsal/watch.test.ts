import { beforeEach, describe, expect, test } from '@jest/globals';
import { TAG } from '../../lib/contract.ts';
import { Watch } from '../../rehearsal/watch.ts';
import type { World } from '../../rehearsal/world.ts';
import { Lab } from '../cloud/lab.ts';
import { documentScript } from '../disks/support.ts';

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
