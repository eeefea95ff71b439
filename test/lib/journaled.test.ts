import { describe, expect, test } from '@jest/globals';
import { Duration } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { ENV, JOURNAL_VERBS } from '../../contract/contract.ts';
import { Remount, type RemountProps } from '../../lib/remount.ts';
import { resourcesOf, someStack, text, ZONES } from './support.ts';

function templateOf(some: Partial<RemountProps> = {}): Template {
  const stack = someStack();
  const volumes = [{ volumeName: 'pages' }];
  new Remount(stack, 'It', { availabilityZones: ZONES, volumes, email: 'a@example.com', ...some });
  return Template.fromStack(stack);
}
const [plain, journaled] = [templateOf({ journal: false }), templateOf({ journal: { keep: Duration.days(9) } })];

/** Of the function that alone has this variable. */
const environment = (template: Template, has: string) => {
  const all = resourcesOf(template, 'AWS::Lambda::Function').map(({ Properties }) => Properties.Environment);
  const variables = all.map((each) => (each as { Variables?: Record<string, unknown> } | undefined)?.Variables ?? {});
  return variables.find((each) => each[has] !== undefined) ?? {};
};
const healer = (template: Template) => environment(template, ENV.targetGroups);
const drill = (template: Template) => environment(template, ENV.readAllEvery);
const verbsOf = ({ [ENV.documents]: documents }: Record<string, unknown>) => Object.keys(JSON.parse(text(documents)));
/** Statements by their ids, of whatever policies and endpoints. */
const statements = (template: Template, type: string) => JSON.stringify(resourcesOf(template, type));

describe('a Remount with a journal', () => {
  test('has its bucket, for as long as was said', () => {
    const buckets = (template: Template) =>
      resourcesOf(template, 'AWS::S3::Bucket').filter(({ id }) => id.includes('Journal'));
    const [bucket] = buckets(journaled);
    expect(JSON.stringify(bucket?.Properties.LifecycleConfiguration)).toContain('"ExpirationInDays":9');
    expect(buckets(plain)).toEqual([]);
  });

  test('lets instances write it through the gateway, and nobody change it', () => {
    const [role, way] = ['AWS::IAM::Policy', 'AWS::EC2::VPCEndpoint'].map((type) => statements(journaled, type));
    expect(role).toContain('WritesJournal');
    expect(role).not.toContain('s3:DeleteObject');
    expect(way).toContain('"Sid":"Journal"');
  });

  test('has the healer drain it: a document, leave to send it, and the word', () => {
    expect(healer(journaled)[ENV.journal]).toBe('true');
    expect(verbsOf(healer(journaled))).toEqual(expect.arrayContaining(['drain', 'follow']));
    expect(resourcesOf(journaled, 'AWS::SSM::Document')).toHaveLength(
      resourcesOf(plain, 'AWS::SSM::Document').length + JOURNAL_VERBS.length,
    );
  });

  test('has the drill let spares follow, and an alarm of a spare that does not', () => {
    expect(drill(journaled)[ENV.journal]).toBe('true');
    expect(verbsOf(drill(journaled))).toEqual(['check', 'release', 'follow', 'bundle']);
    const names = (template: Template) =>
      resourcesOf(template, 'AWS::CloudWatch::Alarm').map(({ Properties }) => text(Properties.AlarmName));
    expect(names(journaled).filter((name) => name.endsWith('/pages/spare-behind'))).toHaveLength(1);
    const undrilled = templateOf({ journal: { keep: Duration.days(9) }, drills: false });
    for (const without of [plain, undrilled])
      expect(names(without).filter((name) => name.endsWith('spare-behind'))).toEqual([]);
  });

  test('and without one nothing of that is there', () => {
    expect(healer(plain)).not.toHaveProperty(ENV.journal);
    expect(verbsOf(healer(plain))).not.toEqual(expect.arrayContaining(['drain']));
    expect(verbsOf(drill(plain))).toEqual(['check', 'release', 'bundle']);
    expect(drill(plain)).not.toHaveProperty(ENV.journal);
    for (const type of ['AWS::IAM::Policy', 'AWS::EC2::VPCEndpoint'])
      expect(statements(plain, type)).not.toContain('Journal"');
  });

  test('is what it is by default, for two weeks', () => {
    expect(JSON.stringify(templateOf().toJSON())).toBe(
      JSON.stringify(templateOf({ journal: { keep: Duration.days(14) } }).toJSON()),
    );
  });
});

describe('a Remount with an intake', () => {
  const taking = templateOf({ intake: { keep: Duration.days(9) } });

  test('has its bucket, and lets instances reach it and take from it', () => {
    const [bucket] = resourcesOf(taking, 'AWS::S3::Bucket').filter(({ id }) => id.includes('IntakeBucket'));
    expect(JSON.stringify(bucket?.Properties.LifecycleConfiguration)).toContain('"NoncurrentDays":9');
    expect(statements(taking, 'AWS::IAM::Policy')).toContain('HidesUploads');
    expect(statements(taking, 'AWS::EC2::VPCEndpoint')).toContain('"Sid":"Intake"');
    expect(statements(taking, 'AWS::SSM::Document')).toContain('Bucket of uploads');
  });

  test('has an alarm of what waits, which one without has not; nor has that anything else of it', () => {
    const alarms = (template: Template) =>
      resourcesOf(template, 'AWS::CloudWatch::Alarm').map(({ Properties }) => text(Properties.AlarmName));
    expect(alarms(taking).filter((name) => name.endsWith('/pages/intake-behind'))).toHaveLength(1);
    expect(alarms(journaled).filter((name) => name.endsWith('intake-behind'))).toEqual([]);
    for (const type of ['AWS::IAM::Policy', 'AWS::EC2::VPCEndpoint', 'AWS::S3::Bucket'])
      expect(statements(journaled, type)).not.toMatch(/Uploads|Intake/);
  });

  test('is refused without a journal', () => {
    expect(() => templateOf({ journal: false, intake: {} })).toThrow(/^intake: received "a ContentIntake"/);
  });
});
