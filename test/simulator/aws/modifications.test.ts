import { EC2Client } from '@aws-sdk/client-ec2';
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { VolumeId } from '../../../contract/ids.ts';
import { modify, settleModification } from '../../../lambda/aws/ec2/modifications.ts';
import { CLIENT_SETTINGS, simulatedAws } from '../../../simulator/aws/account/sdk.ts';
import { ec2Modifications } from '../../../simulator/aws/ec2/modifications.ts';
import { ANYONE, Lab } from './lab.ts';

const CHANGE = { sizeGiB: 10, type: 'gp3', iops: 4000, throughputMiBs: 250 };

describe('a volume is changed in place', () => {
  let lab: Lab;
  let ec2: EC2Client;
  let volumeId: VolumeId;
  /** What EC2 answers in the place of the truth, by operation; the answer that it would give is handed in. */
  let answers: Record<string, (truth: Record<string, unknown>) => object>;

  beforeEach(async () => {
    answers = {};
    lab = new Lab();
    ec2Modifications(lab.cloud, lab.ec2, lab.bus);
    ec2 = simulatedAws(lab.cloud, ANYONE)(new EC2Client({ ...CLIENT_SETTINGS, region: 'eu-west-1' }));
    volumeId = await lab.made({ Iops: 3000, Throughput: 125 });
    lab.cloud.intercept = async ({ operation }, perform) => {
      const truth = perform() as Record<string, unknown>;
      return answers[operation]?.(truth) ?? truth;
    };
  });

  const changed = () => lab.within(() => modify(ec2, lab.clock, volumeId, CHANGE));
  const iops = () => lab.ec2.volume(volumeId).iops;

  test('and is done when EC2 shows it', async () => {
    await changed();
    expect(iops()).toBe(4000);
    expect(lab.cloud.calls.at(-1)?.operation).toMatch(/^Describe/);
  });

  test('or when the modification is heading for it, and the volume still shows the old performance', async () => {
    answers.DescribeVolumes = (truth) => ({
      Volumes: (truth.Volumes as object[]).map((volume) => ({ ...volume, Iops: 3000 })),
    });
    await changed();
    expect(iops()).toBe(4000);
  });

  test('not done while neither shows it', async () => {
    answers.DescribeVolumes = (truth) => ({
      Volumes: (truth.Volumes as object[]).map((volume) => ({ ...volume, Iops: 3000 })),
    });
    answers.DescribeVolumesModifications = () => ({ VolumesModifications: [] });
    await expect(changed()).rejects.toThrow(/not done within 90 s; last seen: 10 GiB, 3000 IOPS/);
  });

  test('nor while an old answer shows an earlier modification that has failed', async () => {
    let looks = 0;
    const failed = { ModificationState: 'failed', StartTime: new Date(0), StatusMessage: 'long ago' };
    answers.DescribeVolumesModifications = (truth) => (looks++ < 2 ? { VolumesModifications: [failed] } : truth);
    await changed();
    expect(iops()).toBe(4000);
  });

  test('its own failure is an error that says why', async () => {
    answers.DescribeVolumesModifications = (truth) => ({
      VolumesModifications: (truth.VolumesModifications as object[]).map((m) => ({
        ...m,
        ModificationState: 'failed',
        StatusMessage: 'no luck',
      })),
    });
    answers.DescribeVolumes = () => ({ Volumes: [] });
    await expect(changed()).rejects.toThrow(/failed: no luck/);
  });

  test('one that has failed before stands in nobody’s way', async () => {
    await changed();
    answers.DescribeVolumesModifications = () => ({ VolumesModifications: [{ ModificationState: 'failed' }] });
    await lab.within(() => settleModification(ec2, lab.clock, volumeId));
  });

  test('another one has to wait until the first is completed', async () => {
    await changed();
    await expect(changed()).rejects.toThrow(/IncorrectModificationState/);
  });
});
