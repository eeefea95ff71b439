import { describe, expect, test } from '@jest/globals';
import { CfnCondition, CfnParameter, Duration, Fn, RemovalPolicy, Size, type Stack, Tags } from 'aws-cdk-lib';
import { CfnLifecyclePolicy } from 'aws-cdk-lib/aws-dlm';
import { Volume } from 'aws-cdk-lib/aws-ec2';
import { Key } from 'aws-cdk-lib/aws-kms';
import { ContentVolume } from '../../../lib/content-volume.ts';
import { TAG } from '../../../lib/contract.ts';
import { HostDocuments } from '../../../lib/host-documents.ts';
import { Ledger } from '../../../lib/ledger.ts';
import { SnapshotSchedule } from '../../../lib/snapshot-schedule.ts';
import { VolumeKeeper } from '../../../lib/volume-keeper.ts';
import { findings, group, HOURLY, policy, schedule, volume, ZONE } from './support.ts';

const BACKUP_TAG = { Key: 'backup', Value: 'hourly' };
const hourlyAt = (...minutes: string[]) => minutes.map((minute) => schedule({ ...HOURLY, times: [`00:${minute}`] }));
/** A volume in a zone that has its standby: what is said is of the snapshots alone. */
const withPolicy = (details: Parameters<typeof policy>[1]) => (stack: Stack) => {
  group(stack);
  volume(stack);
  policy(stack, details);
};

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
      'a policy for instances',
      (stack) => {
        volume(stack);
        policy(stack, { resourceTypes: ['INSTANCE'] });
      },
      /ResourceTypes is \["INSTANCE"\], not \["VOLUME"\]/,
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
      /has no PolicyDetails/,
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
      /one of its Tags is {"Fn::If"/,
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
    const keeper = new VolumeKeeper(stack, 'Keeper', { stackName, key, ledger, documents });
    new ContentVolume(stack, 'Content', {
      keeper,
      name: 'alpha',
      zone: ZONE,
      sizeGiB: 9,
      iops: 3000,
      throughputMiBs: 125,
    });
    new SnapshotSchedule(stack, 'Snapshots', { stackName: 'Shop', key, perHour: 4, keepHours: 24 });
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

describe('RP1: the gap between recovery points', () => {
  test.each([
    ['hourly, within two hours', hourlyAt('00'), 120],
    ['every quarter of an hour', hourlyAt('00', '15', '30', '45'), 75],
    ['uneven: the longest counts', hourlyAt('00', '10'), 110],
    ['cron, hourly', [schedule({ cronExpression: 'cron(0 * ? * * *)' })], 120],
    ['cron, every two hours', [schedule({ cronExpression: 'cron(0 0/2 * * ? *)' }, 48)], 180],
  ])('good: %s', (_, schedules, minutes) => {
    const build = withPolicy({ schedules });
    expect(findings(build, { recoveryPointGap: Duration.minutes(minutes) })).toEqual([]);
    // And no better than that.
    expect(findings(build, { recoveryPointGap: Duration.minutes(minutes - 1) })).toEqual([
      expect.stringMatching(`^Resilience-RP1 at Other/Volume: Recovery points may be ${minutes} minutes apart`),
    ]);
  });

  test.each([
    ['every two hours', [schedule({ ...HOURLY, interval: 2 })], '180 minutes'],
    [
      'two that are due together',
      hourlyAt('00', '00').map((s) => ({ ...s, createRule: { ...HOURLY, interval: 2 } })),
      '180 minutes',
    ],
    [
      'DLM chooses when to start: they may fall together',
      [1, 2].map(() => schedule({ interval: 2, intervalUnit: 'HOURS' })),
      '180 minutes',
    ],
    ['by day only', [schedule({ cronExpression: 'cron(0 8-20 * * ? *)' }, 99)], '780 minutes'],
    ['on weekdays', [schedule({ cronExpression: 'cron(0 3 ? * MON-FRI *)' })], '3 days'],
    ['on the 31st', [schedule({ cronExpression: 'cron(0 3 31 * ? *)' })], '61 days'],
    ['on a day that never comes', [schedule({ cronExpression: 'cron(0 3 31 2 ? *)' })], 'without end'],
  ])('bad: %s', (_, schedules, apart) => {
    const said = findings(withPolicy({ schedules }));
    expect(said).toContainEqual(expect.stringContaining(`Recovery points may be ${apart} apart`));
    expect(said[0]).toMatch(/allowed: 120 minutes\. Add schedules/);
  });

  test('good: two policies of one volume count together', () => {
    const said = findings((stack) => {
      withPolicy({ schedules: [schedule({ ...HOURLY, interval: 2 })] })(stack);
      policy(stack, { schedules: [schedule({ ...HOURLY, interval: 2, times: ['01:00'] })] }, 'ENABLED', 'Second');
    });
    expect(said).toEqual([]);
  });

  test('bad: a policy whose volumes are elsewhere is judged by itself', () => {
    const said = findings((stack) => void policy(stack, { schedules: [schedule({ ...HOURLY, interval: 6 })] }));
    expect(said).toEqual([expect.stringMatching(/^Resilience-RP1 at Other\/Policy: /)]);
  });

  test.each([
    ['cron(0 3 L * ? *)', /cron\(0 3 L \* \? \*\) is beyond what this check reads/],
    ['cron(0 3 ? * 2#1 *)', /beyond/],
    ['cron(0 3 * * ? 2027)', /beyond/],
    ['cron(60 3 * * ? *)', /beyond/],
    ['cron(0/30 * * * ? *)', /runs more than once an hour, which DLM does not allow/],
  ])('cannot be judged: %s', (cronExpression, says) => {
    const said = findings(withPolicy({ schedules: [schedule({ cronExpression })] }));
    expect(said.map((line) => line.split(' ')[0])).toEqual([
      'Resilience-RP1[CannotBeJudged]',
      'Resilience-RP2[CannotBeJudged]',
    ]);
    expect(said[0]).toMatch(says);
  });
});

describe('RP1 and RP2: what DLM would not take is not taken for a schedule', () => {
  test.each<[string, CfnLifecyclePolicy.CreateRuleProperty, RegExp]>([
    ['half an hour', { ...HOURLY, interval: 0.5 }, /Interval is 0\.5; allowed: 1, 2, 3/],
    ['days', { ...HOURLY, intervalUnit: 'DAYS' }, /IntervalUnit is "DAYS"; allowed: "HOURS"/],
    ['a time that is none', { ...HOURLY, times: ['25:70'] }, /Times is \["25:70"\]; allowed: one time of the day/],
    ['a time of one digit', { ...HOURLY, times: ['9:00'] }, /Times is \["9:00"\]/],
  ])('cannot be judged: %s', (_, createRule, says) => {
    const said = findings(withPolicy({ schedules: [schedule(createRule, 99)] }));
    expect(said.map((line) => line.split(' ')[0])).toEqual([
      'Resilience-RP1[CannotBeJudged]',
      'Resilience-RP2[CannotBeJudged]',
    ]);
    expect(said[0]).toMatch(says);
  });

  test('cannot be judged: a cron expression from a parameter', () => {
    const said = findings((stack) => {
      const cronExpression = new CfnParameter(stack, 'When').valueAsString;
      withPolicy({ schedules: [schedule({ cronExpression })] })(stack);
    });
    expect(said[0]).toMatch(/CronExpression is {"Ref":"When"}/);
  });

  test('cannot be judged: five schedules in a policy', () => {
    const said = findings(withPolicy({ schedules: hourlyAt('00', '10', '20', '30', '40') }));
    expect(said[0]).toMatch(/^Resilience-RP1\[CannotBeJudged\] .* a policy has 5 schedules; allowed: 4 at most/);
  });
});

describe('RP2: enough is kept to walk back', () => {
  const keeping = (retainRule: CfnLifecyclePolicy.RetainRuleProperty) =>
    withPolicy({ schedules: [{ name: 'one', createRule: HOURLY, retainRule }] });

  test.each([{ count: 24 }, { interval: 1, intervalUnit: 'DAYS' }])('good: %j', (rule) => {
    expect(findings(keeping(rule))).toEqual([]);
  });

  test('bad: not for long enough', () => {
    expect(findings(keeping({ count: 23 }))).toEqual([
      'Resilience-RP2 at Other/Volume: 23 recovery points are kept, reaching back 1380 minutes; allowed: at least 5, reaching back at least 1440 minutes. Raise RetainRule.Count.',
    ]);
  });

  test('bad: too few', () => {
    const daily = withPolicy({ schedules: [schedule({ ...HOURLY, interval: 24 }, 4)] });
    const said = findings(daily, { recoveryPointGap: Duration.days(2) });
    expect(said).toEqual([
      expect.stringMatching(/^Resilience-RP2 at Other\/Volume: 4 recovery points are kept, reaching back 4 days;/),
    ]);
  });

  test.each<[string, string[], number]>([
    ['two schedules at the same minute make the same points', ['00', '00'], 24],
    ['two at different minutes do not', ['00', '30'], 48],
  ])('%s', (_, minutes, points) => {
    const said = findings(withPolicy({ schedules: hourlyAt(...minutes) }), { recoveryPoints: 99 });
    expect(said).toEqual([expect.stringContaining(`: ${points} recovery points are kept`)]);
  });

  test('where DLM chooses when to start, they may be the same', () => {
    const schedules = [1, 2].map(() => schedule({ interval: 1, intervalUnit: 'HOURS' }));
    const said = findings(withPolicy({ schedules }), { recoveryPoints: 99 });
    expect(said).toEqual([expect.stringContaining(': 24 recovery points are kept')]);
  });

  test('the objectives are the app’s own', () => {
    expect(findings(keeping({ count: 3 }), { recoveryPoints: 3, recoveryPointReach: Duration.hours(3) })).toEqual([]);
  });

  test('cannot be judged: a count from a parameter', () => {
    const said = findings((stack) => {
      const count = new CfnParameter(stack, 'Count', { type: 'Number' }).valueAsNumber;
      keeping({ count })(stack);
    });
    expect(said).toEqual([
      expect.stringMatching(/^Resilience-RP2\[CannotBeJudged\] .*no RetainRule that is known at synthesis/),
    ]);
  });
});
