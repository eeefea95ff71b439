import { describe, expect, test } from '@jest/globals';
import { CfnCondition, CfnParameter, Fn, RemovalPolicy, Size, type Stack, Tags } from 'aws-cdk-lib';
import { CfnLifecyclePolicy } from 'aws-cdk-lib/aws-dlm';
import { Volume } from 'aws-cdk-lib/aws-ec2';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { TAG } from '../../../contract/contract.ts';
import { ContentVolume } from '../../../lib/content-volume.ts';
import { HostDocuments } from '../../../lib/internal/host-documents.ts';
import { Ledger } from '../../../lib/ledger.ts';
import { SnapshotSchedule } from '../../../lib/snapshot-schedule.ts';
import { VolumeKeeper } from '../../../lib/volume-keeper.ts';
import { findings, group, policy, volume, withPolicy, ZONE } from './support.ts';

const BACKUP_TAG = { Key: 'backup', Value: 'hourly' };

test('a good app: nothing is said', () => {
  expect(findings(withPolicy({}))).toEqual([]);
});

test('an app that has no volumes, policies or alarms: nothing is said', () => {
  expect(findings((stack) => void new Key(stack, 'Key'))).toEqual([]);
});

describe('DV1: covered by an enabled policy whose tags match', () => {
  const covered = (build: (stack: Stack) => void) =>
    findings((stack) => {
      group(stack);
      build(stack);
    });

  test.each<[string, (stack: Stack) => void]>([
    [
      'tags given by an aspect',
      (stack) => {
        volume(stack, { tags: [] });
        Tags.of(stack).add('backup', 'hourly');
        policy(stack);
      },
    ],
    [
      'any one of several target tags',
      (stack) => {
        volume(stack);
        policy(stack, {
          targetTags: [
            { key: 'other', value: 'x' },
            { key: 'backup', value: 'hourly' },
          ],
        });
      },
    ],
    [
      'a policy for the Region in so many words',
      (stack) => {
        volume(stack);
        policy(stack, { resourceLocations: ['CLOUD'] });
      },
    ],
    [
      'a raw override',
      (stack) => {
        volume(stack, { tags: [] }).addPropertyOverride('Tags', [{ Key: 'backup', Value: 'hourly' }]);
        policy(stack);
      },
    ],
    [
      'the same intrinsic on both sides',
      (stack) => {
        volume(stack, { tags: [{ key: 'backup', value: stack.stackId }] });
        policy(stack, { targetTags: [{ key: 'backup', value: stack.stackId }] });
      },
    ],
    [
      'a second policy, beside one that does not',
      (stack) => {
        volume(stack);
        policy(stack, {}, 'DISABLED', 'Idle');
        policy(stack);
      },
    ],
  ])('good: %s', (_, build) => expect(covered(build)).toEqual([]));

  test.each<[string, (stack: Stack) => void, RegExp]>([
    ['no policy at all', (stack) => volume(stack), /there is no AWS::DLM::LifecyclePolicy/],
    [
      'a value that differs',
      (stack) => {
        volume(stack, { tags: [{ key: 'backup', value: 'Hourly' }] });
        policy(stack);
      },
      /Other\/Policy targets "backup" = "hourly"/,
    ],
    [
      'a disabled policy',
      (stack) => {
        volume(stack);
        policy(stack, {}, 'DISABLED');
      },
      /State is "DISABLED", not "ENABLED"/,
    ],
    [
      'a tag of the stack that the volume has otherwise',
      (stack) => {
        volume(stack, { tags: [{ key: 'backup', value: 'never' }] });
        stack.tags.setTag('backup', 'hourly');
        policy(stack);
      },
      /Other\/Policy targets "backup" = "hourly"/,
    ],
    [
      'a policy for Outposts',
      (stack) => {
        volume(stack);
        policy(stack, { resourceLocations: ['OUTPOST'] });
      },
      /ResourceLocations is \["OUTPOST"\], not \["CLOUD"\]/,
    ],
    [
      'a policy for the Region, and a volume on an Outpost',
      (stack) => {
        volume(stack, { outpostArn: 'arn:aws:outposts:eu-west-1:111122223333:outpost/op-1' });
        policy(stack, { resourceLocations: ['CLOUD'] });
      },
      /ResourceLocations is \["CLOUD"\], not \["OUTPOST"\]/,
    ],
    [
      'a policy for images',
      (stack) => {
        volume(stack);
        policy(stack, { policyType: 'IMAGE_MANAGEMENT' });
      },
      /PolicyType is "IMAGE_MANAGEMENT"/,
    ],
    [
      'a default policy, which looks once a day',
      (stack) => {
        volume(stack);
        new CfnLifecyclePolicy(stack, 'Policy', { state: 'ENABLED', defaultPolicy: 'VOLUME', description: 'Default' });
      },
      /is a default policy, which runs once a day at most/,
    ],
    [
      'a volume without tags',
      (stack) => {
        volume(stack, { tags: [] });
        policy(stack);
      },
      /Give the volume a tag/,
    ],
  ])('bad: %s', (_, build, says) => {
    expect(covered(build)).toEqual([
      expect.stringMatching(/^Resilience-DV1 at Other\/Volume: No enabled snapshot policy/),
    ]);
    expect(covered(build)[0]).toMatch(says);
  });

  test.each<[string, (stack: Stack) => void, RegExp]>([
    [
      'a policy for instances, and nothing says which has the volume',
      (stack) => {
        volume(stack);
        policy(stack, { resourceTypes: ['INSTANCE'] });
      },
      /targets instances, and which has this volume attached is not in this app/,
    ],
    [
      'a tag from a parameter',
      (stack) => {
        volume(stack, { tags: [{ key: 'backup', value: new CfnParameter(stack, 'How').valueAsString }] });
        policy(stack);
      },
      /Other\/Policy targets "backup" = "hourly"/,
    ],
    [
      'a policy for Local Zones',
      (stack) => {
        volume(stack);
        policy(stack, { resourceLocations: ['LOCAL_ZONE'] });
      },
      /ResourceLocations is \["LOCAL_ZONE"\]/,
    ],
    [
      'a tag of the stack, which may reach the volume or not',
      (stack) => {
        volume(stack, { tags: [] });
        stack.tags.setTag('backup', 'hourly');
        policy(stack);
      },
      /"backup" = "hourly", which only the tags of the stack may give the volume/,
    ],
    [
      'a tag or none',
      (stack) => {
        volume(stack).addPropertyOverride('Tags', [{ 'Fn::If': ['Some', BACKUP_TAG, { Ref: 'AWS::NoValue' }] }]);
        policy(stack);
      },
      /Other\/Policy covers it under a condition of the template alone/,
    ],
    [
      'a state from a parameter',
      (stack) => {
        volume(stack);
        policy(stack, {}, new CfnParameter(stack, 'State').valueAsString);
      },
      /State is {"Ref":"State"}/,
    ],
    [
      'a policy under a condition',
      (stack) => {
        volume(stack);
        policy(stack).cfnOptions.condition = new CfnCondition(stack, 'Sometimes', {
          expression: Fn.conditionEquals('a', 'a'),
        });
      },
      /exists only under the condition Sometimes/,
    ],
  ])('cannot be judged: %s', (_, build, says) => {
    expect(covered(build)).toEqual([
      expect.stringMatching(/^Resilience-DV1\[CannotBeJudged\] at Other\/Volume: cannot be judged/),
    ]);
    expect(covered(build)[0]).toMatch(says);
  });

  const content = (stackName: string) => (stack: Stack) => {
    const key = new Key(stack, 'Key');
    const ledger = new Ledger(stack, 'Ledger', { key });
    const documents = new HostDocuments(stack, 'Host');
    const keeper = new VolumeKeeper(stack, 'Keeper', {
      stackName,
      key,
      ledger,
      documents,
      people: new Topic(stack, 'People'),
    });
    new ContentVolume(stack, 'Content', {
      keeper,
      volumeName: 'alpha',
      availabilityZone: ZONE,
      size: Size.gibibytes(9),
    });
    new SnapshotSchedule(stack, 'Snapshots', { stackName: 'Shop', key });
  };

  test('good: a content volume and the schedule of its stack', () => expect(covered(content('Shop'))).toEqual([]));

  test('bad: a content volume and the schedule of another stack', () => {
    expect(covered(content('Shop2'))).toEqual([
      expect.stringMatching(
        /^Resilience-DV1 at Other\/Content\/Resource\/Default: .*"remount:schedule" = "hourly\/Shop"/,
      ),
    ]);
  });

  /** A content volume, and a policy for instances with the tag of its stack. */
  const frozen =
    (parameters: CfnLifecyclePolicy.ParametersProperty, launched = true) =>
    (stack: Stack) => {
      content('Shop')(stack);
      stack.node.tryRemoveChild('Snapshots');
      policy(stack, { resourceTypes: ['INSTANCE'], targetTags: [{ key: TAG.stack, value: 'Shop' }], parameters });
      const launching = stack.node.findChild('Group') as ReturnType<typeof group>;
      launching.addPropertyOverride('Tags', [{ Key: TAG.stack, Value: 'Shop', PropagateAtLaunch: launched }]);
    };
  const without = (value: string) => ({ excludeDataVolumeTags: [{ key: TAG.role, value }] });

  test.each([{}, without('scratch')])('good: a policy for the instances of its stack, %j', (parameters) => {
    expect(covered(frozen(parameters))).toEqual([]);
  });

  test('bad: a policy for instances that leaves out what is current', () => {
    expect(covered(frozen(without('current')))).toContainEqual(
      expect.stringMatching(
        /^Resilience-DV1 at Other\/Content\/Resource\/Default: .* leaves out volumes with .*"current"/,
      ),
    );
  });

  test('cannot be judged: a policy for instances that nothing launches', () => {
    expect(covered(frozen({}, false))).toContainEqual(
      expect.stringMatching(
        /^Resilience-DV1\[CannotBeJudged\] .* targets instances, of which no group in the app has the tag/,
      ),
    );
  });
});

describe('DV2: not deleted with its stack', () => {
  const kept = (how: RemovalPolicy | undefined) =>
    findings((stack) => {
      group(stack);
      policy(stack);
      const made = new Volume(stack, 'Volume', {
        availabilityZone: ZONE,
        size: Size.gibibytes(1),
        ...(how && { removalPolicy: how }),
      });
      Tags.of(made).add('backup', 'hourly');
    });

  test.each([undefined, RemovalPolicy.RETAIN, RemovalPolicy.SNAPSHOT])('good: %s', (how) =>
    expect(kept(how)).toEqual([]),
  );

  test('bad: destroyed', () => {
    expect(kept(RemovalPolicy.DESTROY)).toEqual([
      'Resilience-DV2 at Other/Volume/Resource: DeletionPolicy is "Delete" and UpdateReplacePolicy is "Delete"; allowed for both: "Retain" or "Snapshot". Set removalPolicy to RemovalPolicy.RETAIN or RemovalPolicy.SNAPSHOT.',
    ]);
  });

  test('bad: kept at deletion, but not at a replacement', () => {
    const said = findings((stack) => {
      withPolicy({})(stack);
      delete (stack.node.findChild('Volume') as ReturnType<typeof volume>).cfnOptions.updateReplacePolicy;
    });
    expect(said).toEqual([expect.stringMatching(/^Resilience-DV2 .* UpdateReplacePolicy is nothing/)]);
  });
});
