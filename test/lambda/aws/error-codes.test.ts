import { beforeEach, describe, expect, test } from '@jest/globals';
import type { VolumeId } from '../../../contract/ids.ts';
import { dlmPolicy } from '../../../lambda/aws/dlm.ts';
import { stepRetry } from '../../../lambda/aws/durable.ts';
import { dynamoLedger } from '../../../lambda/aws/dynamodb/ledger.ts';
import { ec2Compute } from '../../../lambda/aws/ec2/compute.ts';
import { describeVolume } from '../../../lambda/aws/ec2/describe.ts';
import { ec2DrillStore } from '../../../lambda/aws/ec2/drill-store.ts';
import { ec2Stores } from '../../../lambda/aws/ec2/guard-store.ts';
import { modify, settleModification } from '../../../lambda/aws/ec2/modifications.ts';
import { type ErrorKind, translated } from '../../../lambda/aws/errors.ts';
import { withPatience } from '../../../lambda/aws/patience.ts';
import { ssmCommands } from '../../../lambda/aws/ssm/host.ts';
import { ServiceError } from '../../../simulator/aws/account/service-error.ts';
import { AdapterLab, STACK } from '../../simulator/aws/adapter-lab.ts';

/** One injected error for each branch that a code decides. */
let lab: AdapterLab;
beforeEach(() => {
  lab = new AdapterLab();
});

const HOST = 'i-0aaaaaaaaaaaaaaaa';
const compute = () => ec2Compute(lab.clients().ec2, lab.clients().ssm, lab.clock, STACK);
const stores = () => ec2Stores(lab.clients().ec2, STACK);
const refused = (act: () => Promise<unknown>, code: string) =>
  expect(lab.within(act)).rejects.toMatchObject({ name: code, code });

/** What whoever calls has to distinguish, by the codes that the services send. */
const CODES: Readonly<Record<Exclude<ErrorKind, 'unknown'>, readonly string[]>> = {
  transient: [
    ...['RequestLimitExceeded', 'Throttling', 'ThrottlingException', 'ProvisionedThroughputExceededException'],
    ...['ThrottledException', 'TooManyRequestsException', 'EC2ThrottledException', 'KMSThrottlingException'],
    ...['SnapshotCreationPerVolumeRateExceeded', 'InternalError', 'InternalServerError', 'InternalServerException'],
    ...['InternalFailure', 'Unavailable', 'ServiceUnavailable', 'RequestTimeout', 'TimeoutError'],
  ],
  denied: [
    ...['UnauthorizedOperation', 'AccessDenied', 'AccessDeniedException'],
    ...['AuthorizationErrorException', 'AuthorizationError'],
  ],
  notFound: [
    ...['ResourceNotFoundException', 'InvalidVolume.NotFound', 'InvalidSnapshot.NotFound'],
    ...['InvalidVolumeModification.NotFound', 'InvalidInstanceID.NotFound', 'InvocationDoesNotExist'],
  ],
  conflict: [
    ...['VolumeInUse', 'IncorrectState', 'IncorrectModificationState', 'IncorrectInstanceState'],
    ...['IdempotentParameterMismatch', 'ConditionalCheckFailedException', 'InvalidInstanceId'],
  ],
  capacity: [
    ...['InsufficientVolumeCapacity', 'VolumeLimitExceeded', 'VolumeModificationRateExceeded'],
    ...['ConcurrentSnapshotLimitExceeded', 'AttachmentLimitExceeded', 'MaxIOPSLimitExceeded'],
  ],
  invalid: [
    ...['InvalidParameterValue', 'InvalidParameterCombination', 'InvalidVolume.ZoneMismatch', 'ValidationException'],
  ],
};

test.each(Object.entries(CODES))('%s: all of its codes, and what follows from them', async (kind, codes) => {
  for (const code of codes) {
    const error: Error = await translated('do it', () => Promise.reject(new ServiceError(code, ''))).catch((e) => e);
    expect([code, error]).toEqual([code, expect.objectContaining({ kind, code })]);
    expect([code, stepRetry(error, 1).shouldRetry]).toEqual([code, kind === 'transient' || kind === 'notFound']);
    expect([code, 'unanswered' in error && error.unanswered !== undefined]).toEqual([code, kind === 'transient']);
  }
});

test('nothing that was reached is no answer, whatever kept it away: the codes of Node', async () => {
  for (const code of [
    'ECONNRESET',
    'ECONNREFUSED',
    'EPIPE',
    'ETIMEDOUT',
    'EHOSTUNREACH',
    'ENETUNREACH',
    'ENOTFOUND',
    'EAI_AGAIN',
  ]) {
    const thrown = Object.assign(new Error(`getaddrinfo ${code}`), { code });
    const error: Error = await translated('do it', () => Promise.reject(thrown)).catch((e) => e);
    expect(error).toMatchObject({ kind: 'transient', code, unanswered: 'AWS' });
  }
  const other = Object.assign(new Error('no such file'), { code: 'ENOENT' });
  await expect(translated('do it', () => Promise.reject(other))).rejects.toMatchObject({ kind: 'unknown' });
});

test.each<[string, readonly string[]]>([
  ['DynamoDB', ['AccessDeniedException', 'ResourceNotFoundException']],
  ['SSM', ['AccessDeniedException']],
  ['EC2', []],
])(
  'a ledger, or the way to hosts, that denies is as one that is out, and no other service is: %s',
  async (serviceId, out) => {
    for (const code of ['AccessDeniedException', 'ResourceNotFoundException']) {
      const unanswered = out.includes(code) ? serviceId : undefined;
      const client = {
        config: { serviceId, retryStrategy: () => new Promise<never>(() => {}) },
        send: () => Promise.reject(new ServiceError(code, '')),
      };
      const sent = translated('do it', () => withPatience(client, lab.clock).send());
      await expect(sent).rejects.toMatchObject({ name: code, code, unanswered });
    }
  },
);

describe('of an order to attach', () => {
  let volumeId: VolumeId;
  beforeEach(async () => {
    lab.host(HOST);
    volumeId = await lab.ours('alpha');
  });
  const attach = () => compute().attach(volumeId, HOST);

  test.each(['VolumeInUse', 'IncorrectState'])('%s: whether it is attached here is seen by looking', async (code) => {
    lab.fail('AttachVolume', code);
    expect(await lab.within(attach)).toBe('stuck');
    await lab.call('DetachVolume', { VolumeId: volumeId }).catch(() => {});
  });

  test('AttachmentLimitExceeded: the instance is full', async () => {
    lab.fail('AttachVolume', 'AttachmentLimitExceeded');
    expect(await lab.within(attach)).toBe('full');
  });

  test('InvalidParameterValue: the name was taken a moment ago, and the next one is', async () => {
    lab.fail('AttachVolume', 'InvalidParameterValue', 2);
    expect(await lab.within(attach)).toBe('attached');
    expect(new Set(lab.inputs.get('AttachVolume')?.map((i) => i.Device)).size).toBe(3);
  });

  test('InvalidParameterValue again and again, and UnauthorizedOperation: fail', async () => {
    lab.fail('AttachVolume', 'InvalidParameterValue');
    await refused(attach, 'InvalidParameterValue');
    expect(lab.inputs.get('AttachVolume')).toHaveLength(3);
    lab.fail('AttachVolume', 'UnauthorizedOperation');
    await refused(attach, 'UnauthorizedOperation');
  });

  test('and to detach: IncorrectState is looked at, UnauthorizedOperation fails', async () => {
    await lab.within(attach);
    lab.fail('DetachVolume', 'UnauthorizedOperation');
    await refused(() => compute().detach(volumeId, HOST), 'UnauthorizedOperation');
    lab.fail('DetachVolume', 'IncorrectState');
    expect(await lab.within(() => compute().detach(volumeId, HOST))).toBe(false);
  });
});

test('of a volume: not found is nothing; denied, and throttled, is no answer', async () => {
  const { ec2 } = lab.clients();
  expect(await lab.within(() => describeVolume(ec2, 'vol-0ffffffffffffffff'))).toBeUndefined();
  for (const code of ['UnauthorizedOperation', 'RequestLimitExceeded', 'InternalError']) {
    lab.fail('DescribeVolumes', code);
    await refused(() => describeVolume(ec2, 'vol-0ffffffffffffffff'), code);
  }
});

test('of a modification: not found is none; denied is no answer', async () => {
  const volumeId = await lab.ours('alpha');
  const { ec2 } = lab.clients();
  lab.fail('DescribeVolumesModifications', 'InvalidVolumeModification.NotFound');
  await lab.within(() => settleModification(ec2, lab.clock, volumeId));
  lab.fail('DescribeVolumesModifications', 'UnauthorizedOperation');
  await refused(() => settleModification(ec2, lab.clock, volumeId), 'UnauthorizedOperation');
  lab.fail('ModifyVolume', 'IncorrectModificationState');
  const change = { sizeGiB: 20, type: 'gp3', iops: 3000, throughputMiBs: 125 };
  await refused(() => modify(ec2, lab.clock, volumeId, change), 'IncorrectModificationState');
});

test.each([
  ['IncorrectInstanceState', true],
  ['InvalidInstanceID.NotFound', true],
  ['UnauthorizedOperation', false],
  ['RequestLimitExceeded', false],
])('of an order to stop, %s: that it is off is seen by looking: %s', async (code, looked) => {
  lab.fail('StopInstances', code);
  if (looked) await lab.within(() => compute().stop(HOST));
  else await refused(() => compute().stop(HOST), code);
});

describe('of a command', () => {
  const commands = () => ssmCommands(lab.clients().ssm, { probe: 'Probe' });
  const send = () => commands().send('probe', HOST, {});
  const answer = () => commands().answer({ verb: 'probe', volumeId: 'vol-00000000' }, HOST, 'command');

  test('InvalidInstanceId: the host is not there; anything else fails', async () => {
    lab.fail('SendCommand', 'InvalidInstanceId');
    expect(await lab.within(send)).toEqual({ why: expect.stringContaining('InvalidInstanceId') });
    for (const code of ['AccessDeniedException', 'ThrottlingException', 'InvalidDocument']) {
      lab.fail('SendCommand', code);
      await refused(send, code);
    }
  });

  test('InvocationDoesNotExist: not yet; anything else is no answer', async () => {
    lab.fail('GetCommandInvocation', 'InvocationDoesNotExist');
    expect(await lab.within(answer)).toBeUndefined();
    for (const code of ['AccessDeniedException', 'ThrottlingException']) {
      lab.fail('GetCommandInvocation', code);
      await refused(answer, code);
    }
  });
});

describe('of the ledger', () => {
  const ledger = () => dynamoLedger(lab.clients().dynamo, 'ledger');
  const acquire = () => ledger().acquire('alpha', 'heal-1', lab.clock.now(), lab.clock.now() + 60_000);
  const commit = (generation: number, currentVolume: VolumeId) =>
    ledger().commit('alpha', 'heal-1', lab.clock.now(), { generation, currentVolume, owner: HOST });

  test('a condition that does not hold is an answer; a write that is throttled is none', async () => {
    lab.fail('UpdateItem', 'ConditionalCheckFailedException');
    expect(await lab.within(acquire)).toBeUndefined();
    for (const code of ['ProvisionedThroughputExceededException', 'ThrottlingException', 'InternalServerError']) {
      lab.fail('UpdateItem', code);
      await refused(acquire, code);
    }
  });

  test('a generation is one volume, and never goes back', async () => {
    await lab.within(acquire);
    await lab.within(() => commit(2, 'vol-2'));
    await lab.within(() => commit(2, 'vol-2'));
    await refused(() => commit(2, 'vol-other'), 'ConditionalCheckFailedException');
    await refused(() => commit(1, 'vol-2'), 'ConditionalCheckFailedException');
    await lab.within(() => commit(3, 'vol-3'));
  });
});

describe('of the snapshot policy', () => {
  const read = () => dlmPolicy(lab.clients().dlm).read('policy-1');

  test('not found: it is gone; denied, throttled and failed: nobody knows', async () => {
    lab.fail('GetLifecyclePolicy', 'ResourceNotFoundException');
    expect(await lab.within(read)).toBeUndefined();
    for (const code of ['AccessDeniedException', 'ThrottlingException', 'InternalServerException']) {
      lab.fail('GetLifecyclePolicy', code);
      await refused(read, code);
    }
  });
});

describe('of what the guard clears away', () => {
  const acts: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['CreateTags', () => stores().mark('snap-00000000')],
    ['DeleteSnapshot', () => stores().deleteSnapshot('snap-00000000')],
    ['DeleteVolume', () => stores().deleteVolume('vol-00000000')],
  ];
  test.each(acts)('%s: gone, or in use: the next round looks again; denied fails', async (operation, act) => {
    for (const code of ['InvalidSnapshot.NotFound', 'InvalidVolume.NotFound', 'VolumeInUse', 'IncorrectState']) {
      lab.fail(operation, code);
      await lab.within(act);
    }
    for (const code of ['UnauthorizedOperation', 'RequestLimitExceeded']) {
      lab.fail(operation, code);
      await refused(act, code);
    }
  });

  test.each([
    ['SnapshotCreationPerVolumeRateExceeded', true],
    ['ConcurrentSnapshotLimitExceeded', true],
    ['UnauthorizedOperation', false],
    ['InternalError', false],
  ])('a snapshot that ends with %s comes later: %s', async (code, later) => {
    const volumeId = await lab.ours('alpha');
    const [seen] = await lab.within(() => stores().volumes('alpha'));
    if (!seen) throw new Error(`${volumeId} is not seen`);
    lab.fail('CreateSnapshot', code);
    if (later) expect(await lab.within(() => stores().take(seen))).toBeUndefined();
    else await refused(() => stores().take(seen), code);
  });

  test.each(['governance', 'compliance', 'compliance-cooloff'])('a lock in state %s is one', async (state) => {
    await lab.within(() => stores().locked());
    const [input] = lab.inputs.get('DescribeLockedSnapshots') ?? [];
    expect(input?.Filters).toEqual([{ Name: 'lock-state', Values: expect.arrayContaining([state]) }]);
  });
});

test('of a scratch volume that is discarded: gone is as good; denied fails', async () => {
  const discard = () => ec2DrillStore(lab.clients().ec2, lab.clock, STACK, 0).discard('vol-00000000');
  lab.fail('CreateTags', 'InvalidVolume.NotFound');
  await lab.within(discard);
  lab.fail('CreateTags', 'UnauthorizedOperation');
  await refused(discard, 'UnauthorizedOperation');
});
