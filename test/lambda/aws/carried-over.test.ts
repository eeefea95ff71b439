import { beforeEach, describe, expect, test } from '@jest/globals';
import { TAG } from '../../../contract/contract.ts';
import type { SnapshotId } from '../../../contract/ids.ts';
import { ec2Compute } from '../../../lambda/aws/ec2/compute.ts';
import { ec2DrillStore } from '../../../lambda/aws/ec2/drill-store.ts';
import { ec2Stores } from '../../../lambda/aws/ec2/guard-store.ts';
import { createClaimed } from '../../../lambda/aws/ec2/keeper-volumes.ts';
import { likeFor } from '../../../lambda/core/heal/candidates.ts';
import { AdapterLab, STACK } from '../../simulator/aws/adapter-lab.ts';
import { point, volume } from '../core/world.ts';

/** What a volume is, its successor is: by a heal, a drill and the keeper, a property a row. */
let lab: AdapterLab;
let snapshotId: SnapshotId;
beforeEach(async () => {
  lab = new AdapterLab();
  snapshotId = await lab.copied(await lab.ours('alpha'));
});

const KEY = 'arn:aws:kms:eu-west-1:111122223333:key/1';
const TEAM = { Name: 'Shop/alpha', team: 'content', 'cost-center': '4711', backup: 'weekly' };
const OF_THE_OLD = {
  [TAG.role]: 'current',
  [TAG.generation]: '7',
  [TAG.heal]: 'heal-0',
  [TAG.drill]: 'drill-0',
  [TAG.schedule]: 'hourly/Shop',
  [TAG.held]: 'true',
  [TAG.blank]: 'true',
  [TAG.reap]: 'true',
  [TAG.verdict]: 'verified',
  'aws:cloudformation:stack-name': 'Shop',
};
const OURS = { [TAG.stack]: STACK, [TAG.volume]: 'alpha' };
const like = volume({
  sizeGiB: 160,
  type: 'io2',
  iops: 9000,
  throughputMiBs: 700,
  keyArn: KEY,
  generation: 7,
  tags: { ...OURS, ...TEAM, ...OF_THE_OLD },
});
const claim = { volume: 'alpha', zone: like.zone, sizeGiB: 160, type: 'io2', iops: 9000, throughputMiBs: 700 };

const MAKERS: Readonly<Record<string, () => Promise<unknown>>> = {
  heal: () =>
    ec2Compute(lab.clients().ec2, lab.clients().ssm, lab.clock, STACK).createReplacement({
      ...{ like, zone: like.zone, snapshotId, generation: 8, healId: 'heal-1', attempt: 0 },
    }),
  drill: () => ec2DrillStore(lab.clients().ec2, lab.clock, STACK, 0).createScratch(like, snapshotId, 'drill-1'),
  keeper: () =>
    createClaimed(
      lab.clients().ec2,
      lab.clock,
      { stack: STACK, keyArn: KEY },
      { claim, snapshotId, generation: 8, clientToken: 't' },
    ),
};

async function asked(maker: string): Promise<Readonly<Record<string, unknown>>> {
  // What it asks for; that EC2 makes it so is none of this.
  lab.fail('CreateVolume', 'InvalidParameterValue');
  const make = MAKERS[maker] ?? (async () => {});
  await expect(lab.within(make)).rejects.toThrow('InvalidParameterValue');
  return lab.inputs.get('CreateVolume')?.at(-1) ?? {};
}
const tagsOf = (input: Readonly<Record<string, unknown>>): Record<string, string> => {
  const [of] = input.TagSpecifications as readonly { Tags: readonly { Key: string; Value: string }[] }[];
  return Object.fromEntries((of?.Tags ?? []).map(({ Key, Value }) => [Key, Value]));
};

describe.each(Object.keys(MAKERS))('what a %s makes', (maker) => {
  test.each([
    ['its key', 'KmsKeyId', KEY],
    ['its type', 'VolumeType', 'io2'],
    ['its IOPS', 'Iops', 9000],
    ['its throughput', 'Throughput', 700],
    ['its size', 'Size', 160],
    ['its zone', 'AvailabilityZone', like.zone],
    ['that it is encrypted', 'Encrypted', true],
  ])(`has ${maker === 'keeper' ? 'as claimed' : 'of the volume'} %s`, async (_, member, value) => {
    expect((await asked(maker))[member]).toBe(value);
  });

  test('is of that copy, and ordered once', async () => {
    expect(await asked(maker)).toMatchObject({
      SnapshotId: snapshotId,
      ClientToken: expect.stringMatching(/^.{1,64}$/),
    });
  });

  test('says whose it is', async () => {
    expect(tagsOf(await asked(maker))).toMatchObject(OURS);
  });
});

describe.each(['heal', 'drill'])('what a %s makes', (maker) => {
  test('has the tags of the team, and none that are of the one volume', async () => {
    const tags = tagsOf(await asked(maker));
    expect(tags).toMatchObject(TEAM);
    const own = Object.entries(OF_THE_OLD).filter(([key, value]) => tags[key] === value);
    // A drill's is of the generation of what it is like.
    expect(own.map(([key]) => key)).toEqual(maker === 'drill' ? [TAG.generation] : []);
  });
});

test('what is made of a copy is as large as the volume was, or the copy, where that is larger', () => {
  expect(likeFor(like, point(10, { sizeGiB: 100 })).sizeGiB).toBe(160);
  expect(likeFor(like, point(10, { sizeGiB: 200 })).sizeGiB).toBe(200);
  expect(likeFor(like, point(10)).sizeGiB).toBe(160);
});

describe('a copy', () => {
  const tagged = (operation: string) => tagsOf(lab.inputs.get(operation)?.[0] ?? {});

  test('that the guard takes has the tags of the team', async () => {
    await lab.ours('beta', TEAM);
    const stores = ec2Stores(lab.clients().ec2, STACK);
    const [seen] = await lab.within(() => stores.volumes('beta'));
    if (!seen) throw new Error('the volume is not seen');
    await lab.within(() => stores.take(seen));
    expect(tagged('CreateSnapshot')).toMatchObject({ ...TEAM, [TAG.volume]: 'beta', [TAG.guard]: 'true' });
  });

  test('of a suspect volume has them too, and is never a recovery point', async () => {
    const id = await lab.ours('beta', { ...TEAM, [TAG.role]: 'current', [TAG.verdict]: 'verified' });
    const compute = ec2Compute(lab.clients().ec2, lab.clients().ssm, lab.clock, STACK);
    await lab.within(() => compute.snapshotSuspect('beta', id, 'heal-1'));
    expect(tagged('CreateSnapshot')).toEqual({
      ...TEAM,
      [TAG.stack]: STACK,
      [TAG.volume]: 'beta',
      [TAG.role]: 'quarantined',
      [TAG.heal]: 'heal-1',
    });
  });
});
