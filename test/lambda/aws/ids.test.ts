import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { LEDGER } from '../../../contract/contract.ts';
import { isVolumeId } from '../../../contract/ids.ts';
import { dynamoClient } from '../../../lambda/aws/clients.ts';
import { ec2Compute } from '../../../lambda/aws/ec2/compute.ts';
import { present, presentId } from '../../../lambda/aws/ec2/present.ts';
import { AdapterLab, STACK } from '../../simulator/aws/adapter-lab.ts';
import { DrillLab } from '../handlers/drill.lab.ts';

describe('what an answer has', () => {
  test('is handed on, be it nothing', () => {
    expect([0, '', false, null].map((value) => present(value, 'It'))).toEqual([0, '', false, null]);
    expect(presentId('vol-1', 'VolumeId', isVolumeId)).toBe('vol-1');
  });

  test('is named where it is absent, or is of something else', () => {
    expect(() => present(undefined, 'Size')).toThrow('EC2 answered without Size');
    const of = (value: string | undefined) => () => presentId(value, 'VolumeId', isVolumeId);
    expect(of(undefined)).toThrow('EC2 answered without VolumeId');
    expect(of('')).toThrow('EC2 answered with "" for VolumeId');
    expect(of('snap-1')).toThrow('EC2 answered with "snap-1" for VolumeId');
  });
});

describe('an answer without its id is none: a heal does not go on with it', () => {
  let lab: AdapterLab;
  beforeEach(() => {
    lab = new AdapterLab();
  });
  const compute = () => ec2Compute(lab.clients().ec2, lab.clients().ssm, lab.clock, STACK);

  test.each([
    ['absent', {}, 'EC2 answered without SnapshotId'],
    ['empty', { SnapshotId: '' }, 'EC2 answered with "" for SnapshotId'],
  ])('of the copy of a suspect volume: %s', async (_, answer, why) => {
    const id = await lab.ours('alpha');
    lab.cloud.intercept = async ({ operation }, perform) => (operation === 'CreateSnapshot' ? answer : perform());
    await expect(lab.within(() => compute().snapshotSuspect('alpha', id, 'heal-1'))).rejects.toThrow(why);
  });

  test.each([
    ['VolumeId', { VolumeId: 'alpha' }],
    ['SnapshotId', { SnapshotId: 'alpha' }],
    ['InstanceId', { Attachments: [{ InstanceId: 'alpha' }] }],
  ])('of a volume that is described: %s', async (name, wrong) => {
    await lab.ours('alpha');
    lab.cloud.intercept = async (_, perform) => {
      const { Volumes = [] } = perform() as { readonly Volumes?: readonly object[] };
      return { Volumes: Volumes.map((volume) => ({ ...volume, ...wrong })) };
    };
    await expect(lab.within(() => compute().volumes('alpha'))).rejects.toThrow(`EC2 answered with "alpha" for ${name}`);
  });
});

describe('the ledger', () => {
  const lab = new DrillLab();
  const reads = async (item: Record<string, string>) => {
    const Item = { pk: 'VOLUME#alpha', sk: LEDGER.state, ...item };
    const dynamo = dynamoClient(lab.runtime);
    await lab.within(() => dynamo.send(new PutItemCommand({ TableName: 'ledger', Item: marshalled(Item) })));
    return lab.within(() => lab.heals.read('alpha'));
  };

  test('has ids, or an empty one of what there is not', async () => {
    const [currentVolume, volumeOwner, verifiedSnapshot] = ['vol-1', 'i-1', 'snap-1'];
    expect(await reads({ currentVolume, volumeOwner, verifiedSnapshot })).toMatchObject({
      currentVolume,
      owner: volumeOwner,
      verifiedSnapshot,
    });
    expect(await reads({ currentVolume: '', volumeOwner: '' })).toMatchObject({
      currentVolume: undefined,
      owner: undefined,
      verifiedSnapshot: undefined,
    });
  });

  test.each([
    ['currentVolume', 'x'],
    ['currentVolume', 'i-1'],
    ['volumeOwner', 'vol-1'],
    ['verifiedSnapshot', 'vol-1'],
  ])('that has something else is not gone by: %s %s', async (name, id) => {
    await expect(reads({ [name]: id })).rejects.toThrow(`the ledger has "${id}" for ${name}`);
  });
});

const marshalled = (item: Record<string, string>) =>
  Object.fromEntries(Object.entries(item).map(([key, S]) => [key, { S }]));
