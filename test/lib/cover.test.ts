import { describe, expect, test } from '@jest/globals';
import { Size, type Stack, Tags, Validations } from 'aws-cdk-lib';
import { Annotations, Match, type Template } from 'aws-cdk-lib/assertions';
import { Volume } from 'aws-cdk-lib/aws-ec2';
import { Key } from 'aws-cdk-lib/aws-kms';
import { scheduleTagValue, TAG } from '../../contract/contract.ts';
import { SettingsError } from '../../lib/props/refusal.ts';
import { NOT_COVERED, SnapshotSchedule } from '../../lib/snapshot-schedule.ts';
import { allowing, onlyOne, someStack, statementsOf, templateOf } from './support.ts';

function mail(stack: Stack, encryptionKey?: Key): Volume {
  const size = Size.gibibytes(10);
  return new Volume(stack, 'Mail', { availabilityZone: 'eu-west-1a', size, encrypted: true, encryptionKey });
}

/** A schedule, and what it covers. */
function scheduled(stack: Stack, consistency?: 'application'): { schedule: SnapshotSchedule; key: Key } {
  const key = new Key(stack, 'Key');
  return { key, schedule: new SnapshotSchedule(stack, 'Snapshots', { key, consistency }) };
}

/** The keys that the schedule's role may use. */
function keysOf(template: Template): string[] {
  const granting = allowing(statementsOf(template, /^Snapshots/), 'kms:CreateGrant');
  return [...new Set(granting.flatMap(({ resources }) => resources))];
}

describe('a volume that is covered', () => {
  const template = templateOf((stack) => {
    const { schedule, key } = scheduled(stack);
    schedule.cover(mail(stack, key));
  });

  test('has the tags by which the schedule, its role and the Recycle Bin know it', () => {
    expect(onlyOne(template, 'AWS::EC2::Volume').Properties.Tags).toEqual(
      expect.arrayContaining([
        { Key: TAG.schedule, Value: scheduleTagValue('Other') },
        { Key: TAG.stack, Value: 'Other' },
      ]),
    );
    expect(onlyOne(template, 'AWS::DLM::LifecyclePolicy').Properties.PolicyDetails).toMatchObject({
      TargetTags: [{ Key: TAG.schedule, Value: scheduleTagValue('Other') }],
    });
  });

  test('may have a key of its own: the schedule may use it then', () => {
    const own = templateOf((stack) => scheduled(stack).schedule.cover(mail(stack, new Key(stack, 'Own'))));
    expect(keysOf(template)).toEqual([expect.stringMatching(/^\$\{Key/)]);
    expect(keysOf(own)).toEqual([expect.stringMatching(/^\$\{Key/), expect.stringMatching(/^\$\{Own/)]);
  });
});

describe('a volume beside a schedule that is not covered', () => {
  const warned = (build: (stack: Stack) => void) => {
    const stack = someStack();
    build(stack);
    return Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp(`cover.*${NOT_COVERED}`));
  };

  test('is warned of', () => {
    const found = warned((stack) => {
      scheduled(stack);
      mail(stack);
    });
    expect(found.map(({ id }) => id)).toEqual(['/Other/Mail/Resource']);
  });

  test('is warned of, too, where its tag was taken away again', () => {
    const found = warned((stack) => {
      const volume = mail(stack);
      scheduled(stack).schedule.cover(volume);
      Tags.of(volume).remove(TAG.schedule, { priority: 200 });
    });
    expect(found.map(({ id }) => id)).toEqual(['/Other/Mail/Resource']);
  });

  test.each<[string, (stack: Stack) => void]>([
    ['it is covered', (stack) => scheduled(stack).schedule.cover(mail(stack))],
    [
      'it has the tag of another schedule',
      (stack) => {
        scheduled(stack);
        Tags.of(mail(stack)).add(TAG.schedule, scheduleTagValue('Elsewhere'));
      },
    ],
    [
      'somebody has answered for it',
      (stack) => {
        scheduled(stack);
        Validations.of(mail(stack)).acknowledge({ id: `Annotation::${NOT_COVERED}`, reason: 'AWS Backup has it' });
      },
    ],
  ])('but not where %s', (_, build) => expect(warned(build)).toEqual([]));
});

describe('what cannot be covered is refused', () => {
  test('an imported volume, whose tags this app does not make', () => {
    const stack = someStack();
    const imported = Volume.fromVolumeAttributes(stack, 'Old', {
      volumeId: 'vol-01234567',
      availabilityZone: 'eu-west-1a',
    });
    const { schedule } = scheduled(stack);
    expect(() => schedule.cover(imported)).toThrow(SettingsError);
    expect(() => schedule.cover(imported)).toThrow(
      'cover: received "Other/Old"; allowed: a volume that this app makes',
    );
  });

  test('any volume where the volumes of instances are copied', () => {
    const stack = someStack();
    const { schedule } = scheduled(stack, 'application');
    expect(() => schedule.cover(mail(stack))).toThrow(
      'cover: received "Other/Mail"; allowed: no volume where consistency',
    );
  });
});
