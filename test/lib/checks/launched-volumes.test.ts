import { describe, expect, test } from '@jest/globals';
import { CfnParameter, Fn, type Stack } from 'aws-cdk-lib';
import { CfnLaunchConfiguration } from 'aws-cdk-lib/aws-autoscaling';
import { CfnInstance, type CfnInstanceProps, CfnLaunchTemplate } from 'aws-cdk-lib/aws-ec2';
import { findings, policy } from './support.ts';

type Build = (stack: Stack) => unknown;
type Data = CfnLaunchTemplate.LaunchTemplateDataProperty;

const TAGS = [{ key: 'backup', value: 'hourly' }];
const ON_VOLUMES = [{ resourceType: 'volume', tags: TAGS }];
const ROOT = { deviceName: '/dev/xvda', ebs: { volumeSize: 16, deleteOnTermination: true } };
const DATA = { deviceName: '/dev/sdf', ebs: { volumeSize: 500, deleteOnTermination: false } };
const DELETED = { deviceName: '/dev/sdf', ebs: { volumeSize: 500, deleteOnTermination: true } };
const SILENT = { deviceName: '/dev/sdf', ebs: { volumeSize: 500 } };

const template = (stack: Stack, launchTemplateData: Data) =>
  new CfnLaunchTemplate(stack, 'Launch', { launchTemplateData });
const tagged = (...blockDeviceMappings: CfnLaunchTemplate.BlockDeviceMappingProperty[]): Build => {
  return (stack) => template(stack, { blockDeviceMappings, tagSpecifications: ON_VOLUMES });
};
const instance =
  (props: CfnInstanceProps): Build =>
  (stack) =>
    new CfnInstance(stack, 'Launch', props);
const configuration =
  (...blockDeviceMappings: CfnLaunchConfiguration.BlockDeviceMappingProperty[]): Build =>
  (stack) =>
    new CfnLaunchConfiguration(stack, 'Launch', { imageId: 'ami-1', instanceType: 't4g.small', blockDeviceMappings });

/** What is said beside an hourly policy for `backup` = `hourly`. */
const said = (build: Build) =>
  findings((stack) => {
    policy(stack);
    build(stack);
  });
const rules = (build: Build) => said(build).map((line) => line.split(': ')[0]);

describe('DV1 and DV2: data volumes that are made at the launch of an instance', () => {
  test.each<[string, Build]>([
    ['nothing but the root device', (stack) => template(stack, { blockDeviceMappings: [ROOT] })],
    ['the root device of other images', instance({ blockDeviceMappings: [{ ...ROOT, deviceName: '/dev/sda1' }] })],
    ['no mappings', instance({})],
    [
      'an instance store, and a device of the image taken away',
      configuration({ deviceName: '/dev/sdb', virtualName: 'ephemeral0' }, { deviceName: '/dev/sdc', noDevice: true }),
    ],
    [
      'a device of the image taken away, as the CDK does it',
      instance({ blockDeviceMappings: [{ ...DATA, noDevice: {} }] }),
    ],
    ['of a launch template, tagged and kept', tagged(ROOT, DATA)],
    [
      'of an instance that hands on its tags',
      instance({ blockDeviceMappings: [DATA], tags: TAGS, propagateTagsToVolumeOnCreation: true }),
    ],
  ])('good: %s', (_, build) => expect(said(build)).toEqual([]));

  test.each<[string, Build]>([
    ['without tags', (stack) => template(stack, { blockDeviceMappings: [ROOT, DATA] })],
    ['of a launch configuration that takes nothing away', configuration({ ...DATA, noDevice: false })],
    [
      'with tags for the instance alone',
      (stack) =>
        template(stack, {
          blockDeviceMappings: [DATA],
          tagSpecifications: [{ resourceType: 'instance', tags: TAGS }],
        }),
    ],
    ['of an instance that keeps its tags to itself', instance({ blockDeviceMappings: [DATA], tags: TAGS })],
    ['of a launch configuration, which tags none', configuration(DATA)],
  ])('bad: %s', (_, build) => {
    expect(said(build)).toEqual([
      expect.stringMatching(
        /^Resilience-DV1 at Other\/Launch: No enabled snapshot policy covers the data volumes "\/dev\/sdf": Other\/Policy targets/,
      ),
    ]);
  });

  test.each<[string, Build, RegExp]>([
    [
      'deleted with the instance',
      tagged(ROOT, DELETED),
      /"\/dev\/sdf" is deleted .* DeleteOnTermination is true; allowed: false/,
    ],
    ['nothing said, which deletes it', tagged(SILENT), /DeleteOnTermination is nothing; allowed: false/],
    [
      'of an instance',
      instance({ blockDeviceMappings: [DELETED], tags: TAGS, propagateTagsToVolumeOnCreation: true }),
      /DeleteOnTermination is true/,
    ],
  ])('bad: %s', (_, build, says) => {
    expect(said(build)).toEqual([expect.stringMatching(/^Resilience-DV2 at Other\/Launch: /)]);
    expect(said(build)[0]).toMatch(says);
  });

  test('bad: of a launch configuration, neither copied nor kept', () => {
    expect(rules(configuration(SILENT))).toEqual(['Resilience-DV1 at Other/Launch', 'Resilience-DV2 at Other/Launch']);
  });

  const overridden =
    (path: string, value: unknown): Build =>
    (stack) =>
      template(stack, { blockDeviceMappings: [DATA], tagSpecifications: ON_VOLUMES }).addPropertyOverride(path, value);
  const either = { 'Fn::If': ['Some', {}, { Ref: 'AWS::NoValue' }] };
  const sometimes = (then: unknown) => ({ 'Fn::If': ['Some', then, { Ref: 'AWS::NoValue' }] });
  const TAG = { Key: 'backup', Value: 'hourly' };
  test.each<[string, Build, string[]]>([
    ['mappings', overridden('LaunchTemplateData.BlockDeviceMappings', either), ['DV1', 'DV2']],
    ['a mapping', overridden('LaunchTemplateData.BlockDeviceMappings', [either]), ['DV1', 'DV2']],
    ['a device', overridden('LaunchTemplateData.BlockDeviceMappings.0.DeviceName', { Ref: 'P' }), ['DV1', 'DV2']],
    [
      'whether it is deleted',
      overridden('LaunchTemplateData.BlockDeviceMappings.0.Ebs.DeleteOnTermination', { Ref: 'P' }),
      ['DV2'],
    ],
    [
      'tag specifications',
      overridden('LaunchTemplateData.TagSpecifications', sometimes([{ ResourceType: 'volume', Tags: [TAG] }])),
      ['DV1'],
    ],
    ['a tag', overridden('LaunchTemplateData.TagSpecifications.0.Tags', [sometimes(TAG)]), ['DV1']],
    [
      'whether tags are handed on',
      (stack) =>
        instance({
          blockDeviceMappings: [DATA],
          tags: TAGS,
          propagateTagsToVolumeOnCreation: Fn.conditionEquals(new CfnParameter(stack, 'P').valueAsString, 'x') as never,
        })(stack),
      ['DV1'],
    ],
    [
      'a policy for instances',
      (stack) => {
        tagged(DATA)(stack);
        stack.node.tryRemoveChild('Policy');
        policy(stack, { resourceTypes: ['INSTANCE'] });
      },
      ['DV1'],
    ],
  ])('cannot be judged: %s', (_, build, ids) => {
    expect(rules(build)).toEqual(ids.map((id) => `Resilience-${id}[CannotBeJudged] at Other/Launch`));
  });
});
