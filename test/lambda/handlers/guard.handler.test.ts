import { beforeEach, describe, expect, test } from '@jest/globals';
import { TAG } from '../../../contract/contract.ts';
import { RUNS } from '../../../simulator/aws/account/faults.ts';
import { ServiceError } from '../../../simulator/aws/account/service-error.ts';
import { GuardLab, policyDetails } from '../../simulator/aws/guard-lab.ts';
import { ANYONE } from '../../simulator/aws/lab.ts';

/** The guard's own handler and adapters, on the simulated AWS. */
let lab: GuardLab;
beforeEach(() => {
  lab = new GuardLab();
  lab.cloud.faults.runs = RUNS.never;
});

const snapshots = () => [...lab.ec2.snapshots.values()];
const HOUR = 3600;

describe('a snapshot that is overdue', () => {
  test('is taken, with the tags of the volume and its own', async () => {
    const volumeId = await lab.content('alpha', { Name: 'Shop/alpha', [TAG.generation]: '3' });
    await lab.pass(HOUR);
    await lab.round();
    expect(snapshots()).toMatchObject([
      {
        volumeId,
        tags: {
          [TAG.stack]: 'Shop',
          [TAG.volume]: 'alpha',
          [TAG.role]: 'current',
          [TAG.generation]: '3',
          [TAG.guard]: 'true',
          Name: 'Shop/alpha',
        },
      },
    ]);
    expect(lab.said).toEqual([
      expect.stringContaining(`alpha: ${snapshots()[0]?.id} snapshot of ${volumeId} is taken`),
    ]);
  });

  test('is not drilled, whatever its volume says of itself', async () => {
    await lab.content('alpha', { [TAG.verdict]: 'verified', [TAG.reap]: 'true' });
    await lab.pass(HOUR);
    await lab.round();
    expect(snapshots()).toHaveLength(1);
    for (const tag of [TAG.verdict, TAG.reap]) expect(snapshots()[0]?.tags).not.toHaveProperty(tag);
  });

  test('is one, when the answer to the call is lost and the SDK tries again', async () => {
    await lab.content('alpha');
    await lab.pass(HOUR);
    let lost = 0;
    lab.cloud.intercept = async ({ operation }, perform) => {
      const output = perform();
      if (operation === 'CreateSnapshot' && lost++ === 0) {
        await lab.clock.sleep(10_000);
        throw Object.assign(new Error('socket hang up'), { name: 'TimeoutError' });
      }
      return output;
    };
    await lab.round();
    expect(lost).toBe(1);
    expect(lab.cloud.calls.filter((c) => c.operation === 'CreateSnapshot').map((c) => c.result)).toEqual([
      'TimeoutError',
      'SnapshotCreationPerVolumeRateExceeded',
    ]);
    expect(snapshots()).toHaveLength(1);
  });

  test('is one, when two rounds run at the same time', async () => {
    await lab.content('alpha');
    await lab.pass(HOUR);
    await lab.within(async () => {
      await Promise.all([lab.handler()(), lab.handler()()]);
    });
    expect(snapshots()).toHaveLength(1);
  });

  test('that EBS has no room for is no failure of the guard', async () => {
    await lab.content('alpha');
    await lab.pass(HOUR);
    lab.cloud.intercept = async ({ operation }, perform) => {
      if (operation === 'CreateSnapshot') throw new ServiceError('ConcurrentSnapshotLimitExceeded', 'too many');
      return perform();
    };
    await lab.round();
    expect(lab.said).toEqual([expect.stringContaining('alpha: no snapshot')]);
  });
});

test('what fails for one volume keeps no other from its snapshot, and is said in the end', async () => {
  const [alpha, beta] = [await lab.content('alpha'), await lab.content('beta')];
  await lab.pass(HOUR);
  lab.cloud.intercept = async ({ operation, input }, perform) => {
    if (input.VolumeId === alpha) throw new ServiceError('UnauthorizedOperation', 'no', 403);
    if (operation === 'PutMetricData') throw new ServiceError('InvalidParameterValue', 'no');
    return perform();
  };
  await expect(lab.round(['alpha', 'beta'])).rejects.toThrow(
    /could not do everything: alpha: .*UnauthorizedOperation.*; metrics: .*InvalidParameterValue/,
  );
  expect(snapshots().map((s) => s.volumeId)).toEqual([beta]);
});

test('what is past its retention is deleted, though it is on the last of many pages', async () => {
  await lab.content('alpha');
  const old = await lab.content('alpha', { [TAG.role]: 'current' });
  for (let n = 0; n < 60; n++) {
    lab.snapshots.take(old, { ...lab.ec2.volume(old).tags, [TAG.guard]: 'true' });
    await lab.pass(600);
  }
  lab.ec2.volumes.delete(old);
  await lab.pass(24 * HOUR);
  const left = () => snapshots().filter((s) => s.volumeId === old);
  const marked = () => left().filter((s) => s.tags[TAG.reap] === 'true').length;
  await lab.round();
  // Ten a round are marked, and deleted by the next.
  expect([left().length, marked()]).toEqual([60, 10]);
  for (let n = 0; n < 3; n++) await lab.round();
  expect([left().length, marked()]).toEqual([40, 0]);
});

test('a heal that begins in the middle of a round keeps what it may need', async () => {
  await lab.content('alpha');
  const old = await lab.content('alpha', { [TAG.role]: 'current' });
  for (let n = 0; n < 3; n++) {
    lab.snapshots.take(old, { ...lab.ec2.volume(old).tags, [TAG.guard]: 'true' });
    await lab.pass(600);
  }
  lab.ec2.volumes.delete(old);
  await lab.pass(25 * HOUR);
  await lab.round();
  lab.cloud.intercept = async ({ operation }, perform) => {
    const output = perform();
    if (operation === 'DeleteSnapshot')
      await lab.cloud.call(ANYONE, 'dynamodb', 'PutItem', {
        TableName: 'ledger',
        Item: {
          pk: { S: 'VOLUME#alpha' },
          sk: { S: 'STATE' },
          leaseHolder: { S: 'heal-1' },
          leaseUntil: { N: String(lab.clock.now() + 900_000) },
        },
      });
    return output;
  };
  await lab.round();
  expect(snapshots().filter((s) => s.volumeId === old)).toHaveLength(2);
});

describe('the ages', () => {
  const published = async (volumes: readonly string[]) => {
    const inputs: Record<string, unknown>[] = [];
    lab.cloud.intercept = async ({ operation, input }, perform) => {
      // Subscribers are of the whole stack, and have no dimension.
      const [datum] = (operation === 'PutMetricData' ? input.MetricData : []) as { readonly Dimensions?: object }[];
      if (datum?.Dimensions) inputs.push(input);
      return perform();
    };
    await lab.round(volumes);
    return inputs.map(({ Namespace, MetricData }) => [
      Namespace,
      ...(MetricData as { MetricName: string; Value: number; Dimensions: { Name: string; Value: string }[] }[]).map(
        ({ MetricName, Value, Dimensions: [of] }) => `${MetricName} ${of?.Name}=${of?.Value} ${Math.round(Value)}`,
      ),
    ]);
  };

  test('of the newest and of the newest verified are published in one call, in minutes, by the logical volume', async () => {
    for (const name of ['alpha', 'beta']) {
      const volumeId = await lab.content(name);
      const verified = lab.snapshots.take(volumeId, { ...lab.ec2.volume(volumeId).tags, [TAG.verdict]: 'verified' });
      await lab.pass(HOUR);
      lab.snapshots.take(volumeId, { ...lab.ec2.volume(volumeId).tags, [TAG.verdict]: 'rejected' });
      expect(verified.state).toBe('completed');
      await lab.pass(HOUR / 2);
    }
    expect(await published(['alpha', 'beta'])).toEqual([
      [
        'Remount/Shop',
        'RecoveryPointAge Volume=alpha 120',
        'VerifiedRecoveryPointAge Volume=alpha 180',
        'RecoveryPointAge Volume=beta 30',
        'VerifiedRecoveryPointAge Volume=beta 90',
      ],
    ]);
  });

  test('of a volume that there is none of are not published, and no call is made without data', async () => {
    expect(await published(['gamma'])).toEqual([]);
  });
});

describe('the snapshot policy', () => {
  const messages = () => lab.sns.messages.map((m) => `${m.subject}\n${m.message}`);

  test('as it was deployed is no news', async () => {
    await lab.round();
    expect(messages()).toEqual([]);
  });

  test('in state ERROR is reported once, and again after a day, and its end once', async () => {
    lab.dlm.fail(lab.policyId, 'The key cannot be used');
    for (let n = 0; n < 3; n++) await lab.round();
    expect(messages()).toEqual([expect.stringMatching(/needs a person\n.*state is ERROR: The key cannot be used/)]);
    await lab.pass(24 * HOUR);
    await lab.round();
    expect(messages()).toHaveLength(2);
    lab.dlm.enable(lab.policyId);
    for (let n = 0; n < 3; n++) await lab.round();
    expect(messages()).toHaveLength(3);
    expect(messages()[2]).toContain('as deployed again');
  });

  test.each([
    ['a schedule less', { Schedules: [] }, /the schedule "hourly-at-00: .*" is missing/],
    [
      'another tag',
      { TargetTags: [{ Key: TAG.schedule, Value: 'x' }] },
      /targets remount:schedule=x, not .*hourly\/Shop/,
    ],
    [
      'a day apart',
      hourly({ CreateRule: { Interval: 24, IntervalUnit: 'HOURS', Times: ['00:00'] } }),
      /every 24 HOURS/,
    ],
    ['fewer kept', hourly({ RetainRule: { Count: 3 } }), /keeps 3/],
    ['no tags', hourly({ CopyTags: false }), /without tags/],
    [
      'instances in the place of volumes',
      {
        ResourceTypes: ['INSTANCE'],
        Parameters: { ExcludeBootVolume: true, ExcludeDataVolumeTags: [{ Key: TAG.role, Value: 'spare' }] },
      },
      /copies INSTANCE without root volumes, remount:role=spare, not VOLUME/,
    ],
  ])('with %s is reported with the difference', async (_, over, expected) => {
    lab.dlm.change(lab.policyId, { PolicyDetails: policyDetails(over) });
    await lab.round();
    expect(messages()).toEqual([expect.stringMatching(expected)]);
  });

  test('in state ERROR for hours is not reported again, when it is mended and has yet to copy', async () => {
    await lab.content('alpha');
    lab.dlm.fail(lab.policyId, 'no permission');
    for (let n = 0; n < 15; n++) {
      await lab.pass(1200);
      await lab.round();
    }
    lab.dlm.enable(lab.policyId);
    const rounds = async (most: number) => {
      for (let n = 0; n < most; n++) {
        await lab.pass(1200);
        await lab.round();
      }
    };
    await rounds(11);
    expect(messages().map((m) => /as deployed again/.test(m))).toEqual([false, true]);
    // It still does not copy.
    await rounds(2);
    expect(messages().slice(2)).toEqual([expect.stringContaining('has not copied alpha')]);
  });

  test('that is as it was deployed, and does not copy a volume, is reported once', async () => {
    await lab.content('alpha');
    for (let n = 0; n < 15; n++) {
      await lab.pass(1200);
      await lab.round();
    }
    expect(messages()).toEqual([expect.stringMatching(/has not copied alpha for 4 hours.*remount:schedule=/)]);
  });

  test('that shares snapshots, or is gone, is reported', async () => {
    const shared = { ShareRules: [{ TargetAccounts: ['444455556666'] }], FastRestoreRule: undefined };
    lab.cloud.intercept = async ({ operation }, perform) => {
      const answer = perform() as { Policy: { PolicyDetails: { Schedules: object[] } } };
      if (operation === 'GetLifecyclePolicy')
        answer.Policy.PolicyDetails.Schedules = answer.Policy.PolicyDetails.Schedules.map((s) => ({ ...s, ...shared }));
      return answer;
    };
    await lab.round();
    lab.cloud.intercept = undefined;
    lab.dlm.policies.delete(lab.policyId);
    await lab.round();
    expect(messages()).toEqual([
      expect.stringContaining('not deployed: ShareRules in hourly-at-00'),
      expect.stringContaining('does not exist any more'),
    ]);
  });
});

function hourly(over: object): object {
  const { Schedules } = policyDetails() as { Schedules: object[] };
  return { Schedules: Schedules.map((schedule) => ({ ...schedule, ...over })) };
}
