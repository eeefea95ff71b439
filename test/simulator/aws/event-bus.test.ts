import { beforeEach, describe, expect, test } from '@jest/globals';
import { Lab } from './lab.ts';

const TARGET = 'arn:aws:lambda:eu-west-1:111122223333:function:f:live';
const RULE = 'arn:aws:events:eu-west-1:111122223333:rule/r';

let lab: Lab;
beforeEach(() => {
  lab = new Lab();
});

const define = (EventPattern: object) =>
  lab.bus.define(RULE, {
    path: 'Rule.Properties',
    values: { EventPattern, Targets: [{ Id: '1', Arn: TARGET, Input: '{"sweep":"alpha"}' }] },
  });
/** No function is there, and none is permitted: that it was to be invoked is what the log says. */
const invocations = () => lab.cloud.log.filter((h) => h.who === 'lambda' && h.what.includes(RULE)).length;

describe('rules on events of EC2', () => {
  test('start their target for the states that they name, a moment later', async () => {
    define({
      source: ['aws.ec2'],
      'detail-type': ['EC2 Instance State-change Notification'],
      detail: { state: ['stopped', 'terminated'] },
    });
    const instance = lab.launch('i-0aaaaaaaaaaaaaaaa');
    lab.instances.stop(instance, false);
    await lab.pass(5);
    expect([instance.state, invocations()]).toEqual(['stopping', 0]);
    await lab.clock.run(lab.clock.now() + 600_000, () => instance.state === 'stopped');
    expect(invocations()).toBe(0);
    await lab.pass(10);
    expect(invocations()).toBe(1);
  });

  test('of volumes, by event and result', async () => {
    define({
      source: ['aws.ec2'],
      'detail-type': ['EBS Volume Notification'],
      detail: { event: ['createVolume'], result: ['failed'] },
    });
    await lab.made({ Encrypted: true });
    await lab.pass(10);
    expect(invocations()).toBe(0);
    lab.cloud.faults.keyRevoked = true;
    await lab.made({ Encrypted: true });
    await lab.pass(10);
    expect(invocations()).toBe(1);
  });

  test.each([
    [{ source: ['aws.rds'], 'detail-type': ['EBS Volume Notification'] }, 'source aws.rds'],
    [{ source: ['aws.ec2'], 'detail-type': ['EC2 Spot Interruption'] }, 'detail-type EC2 Spot Interruption'],
    [
      { source: ['aws.ec2'], 'detail-type': ['EBS Volume Notification'], detail: { cause: ['x'] } },
      'detail of EBS Volume Notification cause',
    ],
    [{ source: ['aws.ec2'], 'detail-type': ['EBS Volume Notification'], resources: ['x'] }, 'resources'],
  ])('%j is refused by name', (pattern, named) => {
    expect(() => define(pattern)).toThrow(named);
  });
});
