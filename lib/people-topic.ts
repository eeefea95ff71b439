import { Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';

export interface PeopleTopicProps {
  /** Encrypts the topic. Alarms are allowed to use it: without that, a message from an alarm to an encrypted topic is lost. */
  readonly key: IKey;
  /**
   * Who is told by email; the address confirms once.
   * @default nobody: subscribe to the topic by other means
   */
  readonly email?: string;
}

/** Where people are told: by the healer, and by every alarm. */
export class PeopleTopic extends Construct {
  readonly topic: Topic;

  constructor(scope: Construct, id: string, props: PeopleTopicProps) {
    super(scope, id);
    this.topic = new Topic(this, 'Topic', { masterKey: props.key, enforceSSL: true });
    const alarms = new ServicePrincipal('cloudwatch.amazonaws.com');
    // Alarms of this account only: docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        principals: [alarms],
        actions: ['sns:Publish'],
        resources: [this.topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    );
    // docs.aws.amazon.com/sns/latest/dg/sns-key-management.html, "Enable compatibility between event sources from AWS services and encrypted topics"
    props.key.grant(alarms, 'kms:Decrypt', 'kms:GenerateDataKey*');
    if (props.email)
      acknowledge(
        this.topic.addSubscription(new EmailSubscription(props.email)),
        'Serverless-SNSRedrivePolicy',
        'Nobody would look into a queue of mail that was refused: the alarm and the incident in the ledger still say it',
      );
  }
}
