import { beforeEach, describe, expect, test } from '@jest/globals';
import { HOST_VERBS } from '../../../contract/contract.ts';
import { ec2Instances } from '../../../lambda/aws/ec2/instances.ts';
import { ssmHost } from '../../../lambda/aws/ssm/host.ts';
import { ec2Software } from '../../../lambda/aws/ssm/software.ts';
import { AdapterLab, STACK } from '../../simulator/aws/adapter-lab.ts';

/** Each word of an answer of which several lead to the same: with one of them alone. The simulated AWS says most of them together. */
const HOST = 'i-0aaaaaaaaaaaaaaaa';
let lab: AdapterLab;
beforeEach(() => {
  lab = new AdapterLab();
  lab.host(HOST);
});

/** An operation answers this. */
function says(operation: string, answer: object): void {
  const { intercept } = lab.cloud;
  lab.cloud.intercept = async (call, perform) =>
    call.operation === operation ? answer : (intercept?.(call, perform) ?? perform());
}

describe('status checks', () => {
  const CHECKS = { InstanceStatus: 'ok', SystemStatus: 'ok', AttachedEbsStatus: 'ok' };
  const seen = async (checks: Partial<typeof CHECKS>) => {
    const words = Object.entries({ ...CHECKS, ...checks }).map(([check, Status]) => [check, { Status }]);
    says('DescribeInstanceStatus', { InstanceStatuses: [{ InstanceId: HOST, ...Object.fromEntries(words) }] });
    const { ec2, ssm } = lab.clients();
    const [host] = await lab.within(() => ec2Instances(ec2, ssm, STACK).list());
    return [host?.impaired, host?.ebsImpaired];
  };

  test('that one fails is enough: of the machine, of what is below it, or of a volume', async () => {
    expect(await seen({ InstanceStatus: 'impaired' })).toEqual([true, false]);
    expect(await seen({ SystemStatus: 'impaired' })).toEqual([true, false]);
    expect(await seen({ AttachedEbsStatus: 'impaired' })).toEqual([false, true]);
    expect(await seen({})).toEqual([false, false]);
  });

  test.each(['initializing', 'insufficient-data', 'not-applicable'])('%s is no failure', async (word) => {
    expect(await seen({ InstanceStatus: word, SystemStatus: word, AttachedEbsStatus: word })).toEqual([false, false]);
  });
});

/** API reference of GetCommandInvocation, `Status`. */
const ENDED = ['Success', 'Failed', 'Cancelled', 'TimedOut'];
const GOES_ON = ['Pending', 'InProgress', 'Delayed', 'Cancelling'];

describe('a command', () => {
  /** Seconds until its answer was taken, or given up. */
  const taken = async (Status: string, ask: () => Promise<unknown>): Promise<number> => {
    says('SendCommand', { Command: { CommandId: 'c' } });
    says('GetCommandInvocation', { Status, ResponseCode: 0 });
    const from = lab.clock.now();
    await lab.within(ask);
    return (lab.clock.now() - from) / 1000;
  };
  const documents = Object.fromEntries(HOST_VERBS.map((verb) => [verb, verb]));
  const probe = () => ssmHost(lab.clients().ssm, lab.clock, documents).probe(HOST, 'alpha', 'vol-0fedcba9876543210');
  const update = () => {
    const of = { clock: lab.clock, namespace: 'n', stack: STACK, wanted: 'v', document: 'd' };
    return ec2Software({ ...of, ...lab.clients() }).update(HOST);
  };
  const SENDERS = { 'a verb': probe, 'host software': update };

  test.each(Object.entries(SENDERS))('%s: with each word that it ends with, its answer is taken', async (_, ask) => {
    for (const word of ENDED) expect([word, (await taken(word, ask)) < 15]).toEqual([word, true]);
  });

  test.each(Object.entries(SENDERS))('%s: with any other it is waited for', async (_, ask) => {
    for (const word of GOES_ON) expect([word, (await taken(word, ask)) < 15]).toEqual([word, false]);
  });
});
