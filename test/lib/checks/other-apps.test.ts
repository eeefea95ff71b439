/** Kinds of app that others have: what is right there is passed, and what nobody can know stops nothing. */
import { describe, expect, jest, test } from '@jest/globals';
import { App, CfnCondition, CfnParameter, type CfnTag, Duration, Fn, Stack, Validations } from 'aws-cdk-lib';
import { BackupPlan, BackupPlanRule, BackupResource } from 'aws-cdk-lib/aws-backup';
import type { CfnLifecyclePolicy } from 'aws-cdk-lib/aws-dlm';
import {
  CfnInstance,
  CfnLaunchTemplate,
  CfnSpotFleet,
  type CfnVolume,
  CfnVolumeAttachment,
  MachineImage,
} from 'aws-cdk-lib/aws-ec2';
import { CfnService } from 'aws-cdk-lib/aws-ecs';
import { CfnNodegroup } from 'aws-cdk-lib/aws-eks';
import { Schedule } from 'aws-cdk-lib/aws-events';
import { ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { ResilienceChecks } from '../../../lib/checks/resilience-checks.ts';
import { CONTEXT, REGION } from '../support.ts';
import { findings, group, policy, volume } from './support.ts';

type Build = (stack: Stack) => unknown;
const said = (build: Build) =>
  findings((stack) => {
    group(stack);
    build(stack);
  });
/** Id and place of each finding. */
const rules = (build: Build) => said(build).map((line) => line.split(': ')[0]);
const DV1 = 'Resilience-DV1 at Other/Volume';
const DV1_UNJUDGED = 'Resilience-DV1[CannotBeJudged] at Other/Volume';

describe('a policy counts where DLM may assume its role and make snapshots', () => {
  const SERVICE_POLICY = ManagedPolicy.fromAwsManagedPolicyName('service-role/AWSDataLifecycleManagerServiceRole');
  const by =
    (make: (stack: Stack) => Role, resourceTypes = ['VOLUME']): Build =>
    (stack) => {
      volume(stack);
      policy(stack, { resourceTypes }).executionRoleArn = make(stack).roleArn;
    };
  const role = (service: string, ...managedPolicies: ReturnType<typeof ManagedPolicy.fromAwsManagedPolicyName>[]) => {
    return (stack: Stack) => new Role(stack, 'Role', { assumedBy: new ServicePrincipal(service), managedPolicies });
  };
  const allowed = (...actions: string[]) => {
    return (stack: Stack) => {
      const made = role('dlm.amazonaws.com')(stack);
      made.addToPolicy(new PolicyStatement({ actions, resources: ['*'] }));
      return made;
    };
  };

  test.each<[string, Build]>([
    ['the policy of the service', by(role('dlm.amazonaws.com', SERVICE_POLICY))],
    ['a policy of its own', by(allowed('ec2:CreateSnapshot', 'ec2:CreateTags'))],
    ['a wildcard', by(allowed('ec2:*Snapshot*'))],
  ])('good: %s', (_, build) => expect(said(build)).toEqual([]));

  test.each<[string, Build, RegExp]>([
    ['it trusts EC2 alone', by(role('ec2.amazonaws.com', SERVICE_POLICY)), /does not let dlm.amazonaws.com assume it/],
    ['it has no permission', by(role('dlm.amazonaws.com')), /does not allow ec2:CreateSnapshot/],
    ['it may only look', by(allowed('ec2:Describe*')), /does not allow ec2:CreateSnapshot/],
    [
      'it is denied',
      by((stack) => {
        const made = allowed('ec2:*')(stack);
        made.addToPolicy(
          new PolicyStatement({ effect: 'Deny' as never, actions: ['ec2:CreateSnapshot'], resources: ['*'] }),
        );
        return made;
      }),
      /does not allow ec2:CreateSnapshot/,
    ],
  ])('bad: %s', (_, build, says) => {
    expect(rules(build)).toEqual([DV1]);
    expect(said(build)[0]).toMatch(says);
  });

  test('cannot be judged: a role that is not in the app', () => {
    const build: Build = (stack) => {
      volume(stack);
      policy(stack).executionRoleArn = 'arn:aws:iam::111122223333:role/ours';
    };
    expect(rules(build)).toEqual([DV1_UNJUDGED]);
  });
});

describe('a policy for instances', () => {
  const attached =
    (tags: CfnTag[]): Build =>
    (stack) => {
      const made = volume(stack, { tags: [] });
      const instance = new CfnInstance(stack, 'Instance', { tags });
      new CfnVolumeAttachment(stack, 'A', { volumeId: made.ref, instanceId: instance.ref, device: '/dev/sdf' });
      policy(stack, { resourceTypes: ['INSTANCE'] });
    };

  test('good: the volume is attached to an instance with the tag', () => {
    expect(said(attached([{ key: 'backup', value: 'hourly' }]))).toEqual([]);
  });

  test('bad: to one without it', () => {
    expect(rules(attached([{ key: 'backup', value: 'never' }]))).toEqual([DV1]);
  });

  test('bad: it leaves the volume out by a tag of it', () => {
    const build: Build = (stack) => {
      attached([{ key: 'backup', value: 'hourly' }])(stack);
      (stack.node.findChild('Volume') as CfnVolume).addPropertyOverride('Tags', [{ Key: 'scratch', Value: 'yes' }]);
      const parameters = { ExcludeDataVolumeTags: [{ Key: 'scratch', Value: 'yes' }] };
      (stack.node.findChild('Policy') as CfnLifecyclePolicy).addPropertyOverride(
        'PolicyDetails.Parameters',
        parameters,
      );
    };
    expect(rules(build)).toEqual([DV1]);
  });

  test('good: volumes of a launch template whose instances have the tag', () => {
    const build: Build = (stack) => {
      const launchTemplateData = {
        blockDeviceMappings: [{ deviceName: '/dev/sdf', ebs: { volumeSize: 9, deleteOnTermination: false } }],
        tagSpecifications: [{ resourceType: 'instance', tags: [{ key: 'backup', value: 'hourly' }] }],
      };
      new CfnLaunchTemplate(stack, 'Launch', { launchTemplateData });
      policy(stack, { resourceTypes: ['INSTANCE'] });
    };
    expect(said(build)).toEqual([]);
  });
});

describe('AWS Backup', () => {
  const HOUR = { minute: '0' };
  const plan = (...resources: BackupResource[]): Build => {
    return (stack) => {
      volume(stack);
      const made = new BackupPlan(stack, 'Plan');
      made.addRule(new BackupPlanRule({ scheduleExpression: Schedule.cron(HOUR) }));
      made.addSelection('Selection', { resources });
    };
  };
  const relaxed = (build: Build) =>
    findings(
      (stack) => {
        group(stack);
        build(stack);
      },
      { recoveryPointGap: Duration.hours(10) },
    ).map((line) => line.split(': ')[0]);

  test.each<[string, BackupResource]>([
    ['by a tag', BackupResource.fromTag('backup', 'hourly')],
    ['by the kind of resource', BackupResource.fromArn('arn:aws:ec2:*:*:volume/*')],
  ])('good: %s', (_, resource) => expect(relaxed(plan(resource))).toEqual([]));

  test('good: with the instance that has it attached', () => {
    const build: Build = (stack) => {
      const instance = new CfnInstance(stack, 'Instance', {});
      plan(BackupResource.fromArn(`arn:aws:ec2:${REGION}:111122223333:instance/${instance.ref}`))(stack);
      const volumeId = (stack.node.findChild('Volume') as CfnVolume).ref;
      new CfnVolumeAttachment(stack, 'A', { volumeId, instanceId: instance.ref, device: '/dev/sdf' });
    };
    expect(relaxed(build)).toEqual([]);
  });

  test.each<[string, BackupResource]>([
    ['another tag', BackupResource.fromTag('backup', 'never')],
    ['another kind', BackupResource.fromArn('arn:aws:dynamodb:*:*:table/*')],
  ])('bad: %s', (_, resource) => expect(relaxed(plan(resource))).toEqual([DV1]));

  test('a rule that does not say when runs daily', () => {
    const build: Build = (stack) => {
      volume(stack);
      const made = new BackupPlan(stack, 'Plan');
      made.addRule(new BackupPlanRule({ enableContinuousBackup: true, deleteAfter: Duration.days(35) }));
      made.addSelection('Selection', { resources: [BackupResource.fromTag('backup', 'hourly')] });
    };
    const [line] = said(build);
    expect(line).toMatch(/^Resilience-RP1 at Other\/Volume: Recovery points may be 1920 minutes apart/);
  });

  test('its window of eight hours is in the gap', () => {
    const [line] = said(plan(BackupResource.fromTag('backup', 'hourly')));
    expect(line).toMatch(
      /^Resilience-RP1 at Other\/Volume: Recovery points may be 540 minutes apart .*as late as its window/,
    );
  });
});

describe('conditions and stacks without env', () => {
  const TAG = { Key: 'backup', Value: 'hourly' };
  const tagged =
    (tags: unknown): Build =>
    (stack) => {
      new CfnCondition(stack, 'Prod', {
        expression: Fn.conditionEquals(new CfnParameter(stack, 'P').valueAsString, 'x'),
      });
      volume(stack, { tags: [] }).addPropertyOverride('Tags', tags);
      policy(stack);
    };
  const either = (then: unknown, otherwise: unknown = { Ref: 'AWS::NoValue' }) => ({
    'Fn::If': ['Prod', then, otherwise],
  });

  test.each<[string, unknown]>([
    ['a tag of another key, sometimes', [TAG, either({ Key: 'team', Value: 'a' })]],
    ['the tag in either case', either([TAG], [TAG, { Key: 'team', Value: 'b' }])],
    ['a value in either case', [{ Key: 'team', Value: either('a', 'b') }, TAG]],
  ])('good: %s', (_, tags) => expect(said(tagged(tags))).toEqual([]));

  test('bad: in neither case', () => expect(rules(tagged([either({ ...TAG, Value: 'never' })]))).toEqual([DV1]));
  test('cannot be judged: sometimes', () => expect(rules(tagged([either(TAG)]))).toEqual([DV1_UNJUDGED]));

  test('good: volume and policy under one condition', () => {
    const build: Build = (stack) => {
      tagged([TAG])(stack);
      const condition = stack.node.findChild('Prod') as CfnCondition;
      for (const id of ['Volume', 'Policy']) (stack.node.findChild(id) as CfnVolume).cfnOptions.condition = condition;
    };
    expect(said(build)).toEqual([]);
  });

  const apart = (env: { region: string } | undefined) => {
    const app = new App({ context: CONTEXT, analyticsReporting: false, builtinCloudFormationValidation: false });
    const here = new Stack(app, 'Here', { env: { region: REGION } });
    volume(here);
    group(here);
    policy(new Stack(app, 'There', env ? { env } : {}));
    Validations.of(app).addPlugins(new ResilienceChecks(app));
    return app;
  };

  test('a policy in a stack without env cannot be judged, and stops nothing', () => {
    const app = apart(undefined);
    const { success, violations } = new ResilienceChecks(app).validateScope(app);
    expect(success).toBe(true);
    expect(violations.map(({ ruleName, severity }) => [ruleName, severity])).toEqual([
      ['Resilience-DV1[CannotBeJudged]', 'warning'],
    ]);
    expect(violations[0]?.description).toMatch(/There\/Policy is deployed to an account and Region known then only/);
    const printed = jest.spyOn(console, 'error').mockImplementation(() => undefined);
    expect(() => app.synth()).not.toThrow();
    expect(printed.mock.calls.join()).toMatch(/WARNING cannot be judged/);
    printed.mockRestore();
  });

  test('one in another Region covers nothing here', () => {
    expect(() => apart({ region: 'us-east-1' }).synth()).toThrow(/Resilience-DV1/);
  });
});

describe('volumes that others make', () => {
  const tags = [{ key: 'backup', value: 'hourly' }];
  const service =
    (tagSpecifications: CfnService.EBSTagSpecificationProperty[]): Build =>
    (stack) => {
      policy(stack);
      const managedEbsVolume = { roleArn: 'arn:aws:iam::111122223333:role/ecs', sizeInGiB: 9, tagSpecifications };
      new CfnService(stack, 'Service', { volumeConfigurations: [{ name: 'data', managedEbsVolume }] });
    };

  test('ECS: cannot be judged, whether its tasks write data there', () => {
    expect(rules(service([]))).toEqual([
      'Resilience-DV1[CannotBeJudged] at Other/Service',
      'Resilience-DV2[CannotBeJudged] at Other/Service',
    ]);
    expect(rules(service([{ resourceType: 'volume', tags }]))).toEqual([
      'Resilience-DV2[CannotBeJudged] at Other/Service',
    ]);
  });

  test('ECS: a service without volumes', () => {
    expect(said((stack) => new CfnService(stack, 'Service', {}))).toEqual([]);
  });

  test('a Spot fleet: judged, and its volumes have no tags', () => {
    const build: Build = (stack) => {
      policy(stack);
      const ebs = { volumeSize: 9, deleteOnTermination: true };
      const specification = { imageId: 'ami-1', blockDeviceMappings: [{ deviceName: '/dev/sdf', ebs }] };
      const data = { iamFleetRole: 'arn:aws:iam::111122223333:role/fleet', targetCapacity: 1 };
      new CfnSpotFleet(stack, 'Fleet', {
        spotFleetRequestConfigData: { ...data, launchSpecifications: [specification] },
      });
    };
    expect(rules(build)).toEqual(['Resilience-DV1 at Other/Fleet', 'Resilience-DV2 at Other/Fleet']);
  });

  const DISKS = ['/dev/xvda', '/dev/xvdb'].map((deviceName) => ({ deviceName, ebs: { volumeSize: 9 } }));
  const launch = (stack: Stack, imageId?: string) =>
    new CfnLaunchTemplate(stack, 'Launch', {
      launchTemplateData: { blockDeviceMappings: DISKS, ...(imageId && { imageId }) },
    });
  const bottlerocket = '/aws/service/bottlerocket/aws-k8s-1.33/x86_64/latest/image_id';

  test.each<[string, Build]>([
    ['by its parameter', (stack) => launch(stack, MachineImage.fromSsmParameter(bottlerocket).getImage(stack).imageId)],
    ['by a dynamic reference', (stack) => launch(stack, `{{resolve:ssm:${bottlerocket}}}`)],
    [
      'by its node group',
      (stack) =>
        new CfnNodegroup(stack, 'Nodes', {
          clusterName: 'c',
          nodeRole: 'r',
          subnets: [],
          amiType: 'BOTTLEROCKET_ARM_64',
          launchTemplate: { id: launch(stack).ref },
        }),
    ],
  ])("good: Bottlerocket's second disk, %s", (_, build) => expect(said(build)).toEqual([]));

  test('bad: the same disk of another image', () => {
    expect(rules((stack) => launch(stack, 'ami-1'))).toEqual([
      'Resilience-DV1 at Other/Launch',
      'Resilience-DV2 at Other/Launch',
    ]);
  });
});
