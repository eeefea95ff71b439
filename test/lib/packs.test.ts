import { describe, expect, test } from '@jest/globals';
import { App, type CfnResource, Stack, Validations } from 'aws-cdk-lib';
import { NagPack } from 'cdk-nag';
import { buildApp, packs } from '../../lib/stack/app.ts';
import { CONTEXT } from './support.ts';

interface Acknowledgement {
  readonly path: string;
  readonly id: string;
  readonly reason: string;
}

/** The app of these settings, what its packs find, acknowledged or not, and every acknowledgement in it. */
function examined(remount: object) {
  const context = { ...CONTEXT, remount };
  const { app, settings } = buildApp(
    new App({ context, analyticsReporting: false, builtinCloudFormationValidation: false }),
  );
  const found: { readonly path: string; readonly id: string }[] = [];
  // What a pack asks of each finding, before it drops those that were acknowledged.
  const asked = NagPack.prototype as unknown as { isAcknowledged(resource: CfnResource, id: string): boolean };
  const original = asked.isAcknowledged;
  asked.isAcknowledged = (resource, id) => {
    found.push({ path: resource.node.path, id });
    return true;
  };
  try {
    // The tags of a group are there once it is synthesized, and not before.
    app.synth();
  } finally {
    asked.isAcknowledged = original;
  }
  const acknowledged = app.node.findAll().flatMap((construct) =>
    construct.node.metadata
      .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
      .flatMap(({ data }) =>
        Object.entries(data as Record<string, string>)
          // The CDK's own, of checks that are no pack.
          .filter(([id]) => !id.startsWith('CloudFormation-Validate::'))
          .map(([id, reason]): Acknowledgement => {
            return { path: construct.node.path, id: id.replace(/^annotation::/i, ''), reason };
          }),
      ),
  );
  const stacks = [app, ...app.node.findAll().filter(Stack.isStack)].map((construct) => construct.node.path);
  return { app, settings, found, acknowledged, stacks };
}

const CERTIFICATE = 'arn:aws:acm:eu-west-1:111122223333:certificate/0a1b2c';

test('the five packs run, in this order', () => {
  const { app, settings } = examined({});
  expect(packs(app, settings).map((pack) => (pack as unknown as { name: string }).name)).toEqual([
    'AwsSolutions',
    'NIST.800.53.R5',
    'HIPAA.Security',
    'Serverless',
    'Resilience',
  ]);
});

/** Alarms on what a host publishes: where it is silent, `serving` reports it, or the version's own metric is no more. */
const REPORTED_BY_ANOTHER =
  /\/(Conditions-[a-z]+\/(slow|full-soon|filling|full)|Guard\/Function\/(SoftwareBehind|NobodyNotified))\/Resource$/;

describe.each([
  ['the default settings', {}],
  [
    'a certificate, an address, one volume, more endpoints, no Recycle Bin and a snapshot lock',
    {
      certificateArn: CERTIFICATE,
      alertEmail: 'a@example.com',
      volumes: [{ name: 'only' }],
      moreEndpoints: ['ec2', 'kms', 'logs'],
      recycleBin: { snapshotDays: 0, volumeDays: 0 },
      snapshotLock: { days: 7 },
    },
  ],
  [
    'volumes frozen for their snapshots, and no drills',
    { snapshots: { consistency: 'application' }, drills: { enabled: false } },
  ],
])('with %s', (_, settings) => {
  const { found, acknowledged, stacks } = examined(settings);
  const covers = (a: Acknowledgement, f: { path: string; id: string }) =>
    a.id === f.id && (f.path === a.path || f.path.startsWith(`${a.path}/`));

  test('every finding is acknowledged', () => {
    expect(found.length).toBeGreaterThan(20);
    expect(found.filter((f) => !acknowledged.some((a) => covers(a, f)))).toEqual([]);
  });

  test('every acknowledgement has its finding: none is left over', () => {
    expect(acknowledged.filter((a) => !found.some((f) => covers(a, f)))).toEqual([]);
  });

  test('every acknowledgement is of a construct, not of a stack, and gives a reason', () => {
    for (const { path, id, reason } of acknowledged) {
      expect([id, stacks.includes(path)]).toEqual([id, false]);
      expect([id, reason.split(' ').length >= 5]).toEqual([id, true]);
    }
  });

  test('our own rules need no acknowledgement, but where silence is reported by another alarm', () => {
    const ours = found.filter(({ id }) => id.startsWith('Resilience-'));
    expect(ours.filter(({ id, path }) => !(id === 'Resilience-AL2' && REPORTED_BY_ANOTHER.test(path)))).toEqual([]);
    expect(ours).not.toEqual([]);
  });
});

test('the stack cannot be deleted by mistake', () => {
  const { app, settings } = buildApp(new App({ context: { ...CONTEXT, remount: {} }, analyticsReporting: false }));
  expect((app.node.findChild(settings.stackName) as Stack).terminationProtection).toBe(true);
});

test('a schedule that keeps less than the objectives ask for stops the synthesis; with its own objectives it does not', () => {
  const synth = (remount: object) =>
    buildApp(new App({ context: { ...CONTEXT, remount }, analyticsReporting: false })).app.synth();
  const snapshots = { perHour: 1, keepHours: 12 };
  expect(() => synth({ snapshots })).toThrow(/Resilience-RP2/);
  expect(() => synth({ snapshots, objectives: { recoveryPointReachHours: 12 } })).not.toThrow();
  expect(() => synth({ objectives: { recoveryPointGapMinutes: 74 } })).toThrow(/Resilience-RP1/);
});
