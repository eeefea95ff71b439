import { describe } from '@jest/globals';
import { CfnParameter, Fn, type Stack } from 'aws-cdk-lib';
import { CfnInstance } from 'aws-cdk-lib/aws-ec2';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { type Build, alarmRule as rule } from './alarm-support.ts';
import { alarm, group, policy, volume } from './support.ts';

describe('AL3: keyed by what survives a replacement', () => {
  const keyed = (name: string, value: string) => ({ dimensions: [{ name, value }] });
  const query =
    (expression: string): Build =>
    (stack) => {
      const made = alarm(stack);
      made.statistic = undefined;
      made.metrics = [{ id: 'q', expression, period: 60 }];
    };
  const overridden =
    (path: string, value: unknown): Build =>
    (stack) =>
      alarm(stack).addPropertyOverride(path, value);
  const either = (then: unknown) => ({ 'Fn::If': ['Some', then, { Ref: 'AWS::NoValue' }] });
  const whole = (stack: Stack) => {
    group(stack);
    policy(stack);
    return volume(stack);
  };
  rule(
    'AL3',
    [
      ['a logical name', (stack) => alarm(stack)],
      ['no dimension', (stack) => alarm(stack, { dimensions: [] })],
      [
        'a value known later, of something that stays',
        (stack) => alarm(stack, keyed('Topic', new Topic(stack, 'T').topicName)),
      ],
      ['a name that looks a little like an id', (stack) => alarm(stack, keyed('Host', 'mail-i-0123abcd and vol-1'))],
      ['every volume, whichever there are', query('SELECT MAX(VolumeStalledIOCheck) FROM "AWS/EBS" GROUP BY VolumeId')],
    ],
    [
      [
        'the id of a volume',
        (stack) => alarm(stack, keyed('VolumeId', 'vol-0123456789abcdef0')),
        /keyed by "VolumeId" of vol-0123456789abcdef0; allowed: dimensions that outlive/,
      ],
      [
        'a volume of the stack',
        (stack) => alarm(stack, keyed('VolumeId', whole(stack).ref)),
        /"VolumeId" of Other\/Volume/,
      ],
      [
        'a volume of the stack under another name',
        (stack) => alarm(stack, keyed('Disk', whole(stack).attrVolumeId)),
        /"Disk" of Other\/Volume/,
      ],
      [
        'an instance of the stack',
        (stack) => alarm(stack, keyed('Host', new CfnInstance(stack, 'I', {}).ref)),
        /"Host" of Other\/I/,
      ],
      [
        'within metric math',
        (stack) => {
          const made = alarm(stack);
          made.statistic = undefined;
          const dimensions = [
            { name: 'VolumeId', value: 'vol-1' },
            { name: 'InstanceId', value: 'i-1' },
          ];
          const metric = { namespace: 'AWS/EBS', metricName: 'VolumeStalledIOCheck', dimensions };
          made.metrics = [
            { id: 'm', metricStat: { metric, period: 60, stat: 'Maximum' }, returnData: false },
            { id: 'e', expression: 'FILL(m, 1)' },
          ];
        },
        /"VolumeId"/,
      ],
      [
        'within a query',
        query(`SELECT MAX(VolumeStalledIOCheck) FROM "AWS/EBS" WHERE "VolumeId" = 'vol-1'`),
        /"VolumeId" in an expression/,
      ],
      [
        'within a query, one of a list',
        query(`SELECT MAX(VolumeStalledIOCheck) FROM "AWS/EBS" WHERE VolumeId IN ('vol-1')`),
        /"VolumeId" in an expression/,
      ],
      [
        'a search by the bare id',
        query(`SEARCH('{AWS/EBS,VolumeId} vol-0123456789abcdef0', 'Maximum')`),
        /vol-0123456789abcdef0 in an expression/,
      ],
      [
        'a search by the id of a volume of the stack',
        (stack) => query(`SEARCH('{AWS/EBS,VolumeId} ${whole(stack).ref}', 'Maximum')`)(stack),
        /Other\/Volume in an expression/,
      ],
      [
        'the id of an instance under another name',
        (stack) => alarm(stack, keyed('host', 'web-i-0123456789abcdef0')),
        /"host" of i-0123456789abcdef0/,
      ],
      [
        'a volume of the stack, joined to a text',
        (stack) => alarm(stack, keyed('Disk', `shop/${whole(stack).ref}`)),
        /"Disk" of Other\/Volume/,
      ],
      [
        'a volume of the stack, put into a text',
        (stack) => {
          whole(stack);
          // biome-ignore lint/suspicious/noTemplateCurlyInString: of CloudFormation
          overridden('Dimensions.0.Value', Fn.sub('shop/${Volume.VolumeId}'))(stack);
        },
        /"Volume" of Other\/Volume/,
      ],
      [
        'said before what cannot be known',
        (stack) => {
          const value = { Ref: new CfnParameter(stack, 'P').logicalId };
          overridden('Dimensions', [
            { Name: 'A', Value: value },
            { Name: 'VolumeId', Value: value },
          ])(stack);
        },
        /"VolumeId"/,
      ],
    ],
    [
      [
        'the name of a dimension from a parameter',
        (stack) => alarm(stack, keyed(new CfnParameter(stack, 'P').valueAsString, 'x')),
        /a dimension is {"Ref":"P"}/,
      ],
      [
        'the value of a dimension from a parameter',
        (stack) => alarm(stack, keyed('Disk', new CfnParameter(stack, 'P').valueAsString)),
        /"Disk" is {"Ref":"P"}/,
      ],
      ['one list of dimensions or another', overridden('Dimensions', either([])), /Dimensions is {"Fn::If"/],
      [
        'a dimension or none',
        overridden('Dimensions', [either({ Name: 'VolumeId', Value: 'vol-1' })]),
        /one of its Dimensions is {"Fn::If"/,
      ],
      ['one list of metrics or another', overridden('Metrics', either([])), /Metrics is {"Fn::If"/],
      [
        'a metric or none',
        overridden('Metrics', [either({ Id: 'q', Expression: 'x' })]),
        /one of its Metrics is {"Fn::If"/,
      ],
      [
        'an expression from a parameter',
        (stack) => query(new CfnParameter(stack, 'P').valueAsString)(stack),
        /an expression is {"Ref":"P"}/,
      ],
    ],
  );
});
