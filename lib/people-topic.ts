import { Stack, Validations } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import { acknowledge } from './internal/acknowledge.ts';
import { allowKeyVia } from './internal/key-use.ts';

/** Id of the warning that nobody is subscribed. Whoever subscribes by other means acknowledges it, with `Annotation::` before it. */
export const NOBODY_NOTIFIED = 'remount:nobody-notified';

/** Who is notified, and how the topic is encrypted. */
export interface PeopleTopicProps {
  /** Encrypts the topic. Alarms are allowed to use it: without that, a message from an alarm to an encrypted topic is lost. */
  readonly key: IKey;
  /**
   * Who is notified by email; the address confirms once.
   * @default nobody, and synthesis warns of it: subscribe to the topic by other means
   */
  readonly email?: string;
}

/** By what people are notified: by the healer, and by every alarm. */
export class PeopleTopic extends Construct {
  /** Subscribe to it whoever should be notified otherwise than by email. */
  readonly topic: Topic;

  constructor(scope: Construct, id: string, props: PeopleTopicProps) {
    super(scope, id);
    this.topic = new Topic(this, 'Topic', { masterKey: props.key, enforceSSL: true });
    // Alarms of this account only: docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html
    const ours = { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } };
    const alarms = 'cloudwatch.amazonaws.com';
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal(alarms)],
        actions: ['sns:Publish'],
        resources: [this.topic.topicArn],
        conditions: ours,
      }),
    );
    // docs.aws.amazon.com/sns/latest/dg/sns-key-management.html, "Enable compatibility between event sources from AWS services and encrypted
    // topics": it has the account as a condition as well, which of these sources EventBridge alone does not support.
    props.key.grant(new ServicePrincipal(alarms, { conditions: ours }), 'kms:Decrypt', 'kms:GenerateDataKey*');
    if (!props.email)
      Validations.of(this).addWarning(
        NOBODY_NOTIFIED,
        'Nobody is notified of alarms and incidents: no alertEmail is set. Set it, or subscribe to the topic by other means',
      );
    else
      acknowledge(
        this.topic.addSubscription(new EmailSubscription(props.email)),
        'Serverless-SNSRedrivePolicy',
        'Nobody would look into a queue of mail that was refused: the alarm and the incident in the ledger still say it',
      );
  }
}

/** To notify people: the topic takes the message, and encrypts it in the name of whoever sends it. */
export function allowNotifying(grantee: LambdaFunction, people: ITopic): void {
  grantee.addToRolePolicy(new PolicyStatement({ actions: ['sns:Publish'], resources: [people.topicArn] }));
  if (!people.masterKey) return;
  allowKeyVia(grantee, people.masterKey, 'sns', ['kms:Decrypt', 'kms:GenerateDataKey*']);
  acknowledge(
    grantee,
    'AwsSolutions-IAM5[Action::kms:GenerateDataKey*]',
    'To publish to an encrypted topic; the statement names one key',
  );
}
