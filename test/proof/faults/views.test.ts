import { beforeEach, describe, expect, test } from '@jest/globals';
import { Views } from '../../../proof/faults/views.ts';
import type { Call } from '../../../simulator/aws/account/call.ts';
import { Lab } from '../../simulator/aws/lab.ts';

const HOST = 'i-0aaaaaaaaaaaaaaaa';
const call = (operation: string, input: Call['input'] = {}): Call => ({
  principal: { name: 'Healer', statements: () => [] },
  service: 'ec2',
  operation,
  input,
  sentAt: 0,
});

let lab: Lab;
let views: Views;
beforeEach(() => {
  lab = new Lab();
  views = new Views(lab.cloud, 60_000);
});

describe('EC2 leaves something out', () => {
  const all = { Volumes: [{ VolumeId: 'vol-1' }] };

  test('for some seconds, of every list, and it is not found by its id', async () => {
    views.hide(all);
    expect(views.of(call('DescribeVolumes'), all)).toEqual({ Volumes: [] });
    const asked = call('DescribeVolumes', { VolumeIds: ['vol-1'] });
    expect(() => views.of(asked, all)).toThrow("The volume 'vol-1' does not exist.");
    await lab.pass(6);
    expect(views.of(call('DescribeVolumes'), all)).toBe(all);
    expect(views.of(asked, all)).toBe(all);
  });

  test.each([
    [
      'a snapshot, and not those of another volume',
      { Snapshots: [{ SnapshotId: 'snap-1', VolumeId: 'vol-1' }] },
      { Snapshots: [] },
    ],
    ['an instance', { Reservations: [{ Instances: [{ InstanceId: HOST }] }] }, { Reservations: [{ Instances: [] }] }],
    ['nothing, where there is nothing', { Volumes: [] }, { Volumes: [] }],
  ])('%s', (_, answer, left) => {
    views.hide(answer);
    expect(views.of(call('Describe'), answer)).toEqual(left);
  });

  test('of answers that describe, and of no other', () => {
    views.hide(all);
    expect(views.of(call('CreateVolume'), all)).toBe(all);
  });
});

describe('the health of a target', () => {
  const health = (State: string) => ({ TargetHealthDescriptions: [{ Target: { Id: HOST }, TargetHealth: { State } }] });

  test('is what it was before its last change, for a while', async () => {
    const path = '/healthz/alpha';
    lab.cloud.say('elb', 'in words', { kind: 'health', instanceId: HOST, state: 'unhealthy', path });
    expect(views.before(health('unhealthy'))).toEqual(health('healthy'));
    await lab.pass(61);
    expect(views.before(health('unhealthy'))).toEqual(health('unhealthy'));
  });

  test('that has not changed is as it is', () => {
    expect(views.before(health('healthy'))).toEqual(health('healthy'));
  });
});
