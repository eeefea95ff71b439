import { Aws, Validations } from 'aws-cdk-lib';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Construct, type IConstruct } from 'constructs';

/** An ARN as cdk-nag names it in a finding: what is known at deployment only stands in angle brackets. */
export function inFinding(arn: string): string {
  return arn
    .replaceAll(Aws.PARTITION, '<AWS::Partition>')
    .replaceAll(Aws.REGION, '<AWS::Region>')
    .replaceAll(Aws.ACCOUNT_ID, '<AWS::AccountId>');
}

/** Packs that turn a standard into rules, under the same names. */
const STANDARDS = ['NIST.800.53.R5', 'HIPAA.Security'];

/** Acknowledges one rule of the standards on one construct, with the reason that a reader of the code needs. */
export function acknowledgeControl(construct: IConstruct, rule: string, reason: string): void {
  for (const pack of STANDARDS) acknowledge(construct, `${pack}-${rule}`, reason);
}

/** A role's policies are its own: they go with it, and nobody else can be given them. */
export function acknowledgeInlinePolicy(role: IConstruct): void {
  acknowledgeControl(
    role,
    'IAMNoInlinePolicy',
    'The policy belongs to this role alone and goes with it; a managed one could be attached elsewhere',
  );
}

/** A function whose lost events need no queue. */
export function acknowledgeNoDeadLetters(made: IConstruct, reason: string): void {
  acknowledgeControl(made, 'LambdaDLQ', reason);
  acknowledge(made, 'Serverless-LambdaDLQ', reason);
}

/** Acknowledges one finding of a check on one construct, with the reason that a reader of the code needs. */
export function acknowledge(construct: IConstruct, id: string, reason: string): void {
  Validations.of(construct).acknowledge({ id, reason });
}

/** The construct that a grant is written below, if it is one of this app. */
export function granted(grantee: IGrantable): IConstruct | undefined {
  return [grantee, grantee.grantPrincipal].find((each): each is IGrantable & IConstruct => Construct.isConstruct(each));
}
