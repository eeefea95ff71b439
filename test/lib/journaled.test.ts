import { describe, expect, test } from '@jest/globals';
import { Duration } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { ENV } from '../../contract/contract.ts';
import { Remount, type RemountProps } from '../../lib/remount.ts';
import { resourcesOf, someStack, text, ZONES } from './support.ts';

function templateOf(some: Partial<RemountProps> = {}): Template {
  const stack = someStack();
  const volumes = [{ volumeName: 'pages' }];
  new Remount(stack, 'It', { availabilityZones: ZONES, volumes, email: 'a@example.com', ...some });
  return Template.fromStack(stack);
}
const [plain, journaled] = [templateOf(), templateOf({ journal: { keep: Duration.days(9) } })];

const healer = (template: Template) => {
  const all = resourcesOf(template, 'AWS::Lambda::Function').map(({ Properties }) => Properties.Environment);
  const variables = all.map((each) => (each as { Variables?: Record<string, unknown> } | undefined)?.Variables ?? {});
  return variables.find((each) => each[ENV.targetGroups] !== undefined) ?? {};
};
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
    const { [ENV.journal]: said, [ENV.documents]: documents } = healer(journaled);
    expect(said).toBe('true');
    expect(Object.keys(JSON.parse(text(documents)))).toContain('drain');
    expect(resourcesOf(journaled, 'AWS::SSM::Document')).toHaveLength(
      resourcesOf(plain, 'AWS::SSM::Document').length + 1,
    );
  });

  test('and without one nothing of that is there', () => {
    expect(healer(plain)).not.toHaveProperty(ENV.journal);
    expect(Object.keys(JSON.parse(text(healer(plain)[ENV.documents])))).not.toContain('drain');
    for (const type of ['AWS::IAM::Policy', 'AWS::EC2::VPCEndpoint'])
      expect(statements(plain, type)).not.toContain('Journal"');
    expect(JSON.stringify(templateOf({ journal: false }).toJSON())).toBe(JSON.stringify(plain.toJSON()));
  });
});
