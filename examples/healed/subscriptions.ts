import { FilterOrPolicy, type ITopic, SubscriptionFilter } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription, UrlSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';

/** Who is notified of what. The two addresses of the pager differ: a topic has one subscription for each. */
export interface Subscribers {
  /** Https address of the pager, for messages. */
  readonly pager: string;
  /** And for alarms of CloudWatch, which it also resolves by. */
  readonly pagerForAlarms: string;
  readonly mailbox: string;
}

/** Pages and alarms go to the pager, warnings and good news to a mailbox. */
export function subscribe(topic: ITopic, { pager, pagerForAlarms, mailbox }: Subscribers): void {
  const of = (...severities: string[]) => ({ severity: SubscriptionFilter.stringFilter({ allowlist: severities }) });
  topic.addSubscription(new UrlSubscription(pager, { filterPolicy: of('page') }));
  topic.addSubscription(new EmailSubscription(mailbox, { filterPolicy: of('warning', 'news') }));
  // An alarm's message has no attributes, and a filter by attributes never lets such a one through.
  const states = SubscriptionFilter.stringFilter({ allowlist: ['ALARM', 'OK', 'INSUFFICIENT_DATA'] });
  topic.addSubscription(
    new UrlSubscription(pagerForAlarms, {
      filterPolicyWithMessageBody: { NewStateValue: FilterOrPolicy.filter(states) },
    }),
  );
}
