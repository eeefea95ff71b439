import type { Cloud } from '../account/cloud.ts';
import { ServiceError } from '../account/service-error.ts';
import { type Input, onlyMembers, text } from '../ec2/input.ts';
import type { Principal } from '../iam/account.ts';
import { missingForEventSource, missingForMessage } from '../iam/key-uses.ts';
import { deniedTo, missingForService, ResourcePolicy } from '../iam/resource-policies.ts';
import { type Attributes, messageAttributes } from './message-attributes.ts';

const ALARMS = 'cloudwatch.amazonaws.com';
const PUBLISH = 'sns:Publish';

interface Topic {
  /** ARN or id of the key that encrypts it, if one does. */
  readonly key: string | undefined;
  policy: ResourcePolicy | undefined;
}

export interface Message {
  readonly at: number;
  readonly topicArn: string;
  readonly subject: string;
  readonly message: string;
  /** An alarm's message has none: published examples of its event show none, and a filter by attributes has to let it through. */
  readonly attributes: Attributes;
  /** The alarm that sent it, and its new state. */
  readonly alarm?: { readonly name: string; readonly state: string };
}

interface Sender {
  readonly arn: string;
  readonly name: string;
  readonly state: string;
}

/** Topics of the simulated SNS: what people would have got. */
export class Sns {
  readonly messages: Message[] = [];
  /** Somebody reads what the topic is sent, as whoever rehearses does. */
  subscriptions = { confirmed: 1, pending: 0 };
  readonly #topics = new Map<string, Topic>();
  readonly #cloud: Cloud;

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
    cloud.offer('sns', {
      Publish: (input: Input, principal: Principal) => {
        onlyMembers('Publish', input, ['TopicArn', 'Subject', 'Message', 'MessageAttributes']);
        const subject = text(input, 'Subject');
        if (subject.length > 100 || /[^\x20-\x7e]/.test(subject))
          throw new ServiceError('InvalidParameter', 'Invalid parameter: Subject');
        const attributes = messageAttributes(input.MessageAttributes);
        this.#refuse(text(input, 'TopicArn'), principal);
        this.publish(text(input, 'TopicArn'), subject, text(input, 'Message'), attributes);
        return { MessageId: `message-${this.messages.length}` };
      },
      GetTopicAttributes: (input: Input, principal: Principal) => {
        onlyMembers('GetTopicAttributes', input, ['TopicArn']);
        const TopicArn = text(input, 'TopicArn');
        const { policy } = this.#topic(TopicArn);
        const denied = deniedTo(this.#cloud, principal, policy, 'sns:GetTopicAttributes', TopicArn);
        if (denied) throw new ServiceError('AuthorizationErrorException', `${principal.name}: ${denied}`, 403);
        const { confirmed, pending } = this.subscriptions;
        return {
          Attributes: {
            TopicArn,
            SubscriptionsConfirmed: String(confirmed),
            SubscriptionsPending: String(pending),
            SubscriptionsDeleted: '0',
          },
        };
      },
    });
  }

  /** @throws TemplateError for what the policy says and this does not know */
  setPolicy(topicArn: string, document: unknown, path: string): void {
    this.#topic(topicArn).policy = new ResourcePolicy(document, path);
  }

  /**
   * An alarm notifies people. Without the leave of topic and key nobody hears of it, and the alarm does not fail: it is not tried again.
   * @returns why nobody hears of it; `undefined`: they do. What is said of a policy is in
   * repost.aws/knowledge-center/cloudwatch-receive-sns-for-alarm-trigger
   */
  publishByAlarm(topicArn: string, alarm: Sender, message: string): string | undefined {
    const { arn: alarmArn, name, state } = alarm;
    const subject = `${state}: "${name}" in ${this.#cloud.region}`;
    const { key, policy } = this.#topic(topicArn);
    if (this.#silent(key)) {
      this.#cloud.say('sns', `nobody is notified: ${subject}`);
      return 'The service does not answer.';
    }
    const asked = { action: PUBLISH, resource: topicArn, context: { 'aws:SourceArn': alarmArn } };
    const missing =
      missingForService(this.#cloud, ALARMS, policy, asked) ??
      (key === undefined ? undefined : missingForEventSource(this.#cloud, ALARMS, key, alarmArn));
    if (missing) {
      this.#cloud.say('iam', `denied: ${ALARMS} may not ${missing}`);
      return `Resource: ${alarmArn} is not authorized to perform: SNS:Publish on resource: ${topicArn}`;
    }
    this.publish(topicArn, subject, message, {}, { name, state });
    return undefined;
  }

  /** It is out itself, or may not encrypt: the worst case, in which no data key is left in its cache. */
  #silent(key: string | undefined): boolean {
    const { outages } = this.#cloud.faults;
    const now = this.#cloud.clock.now();
    return outages.of('sns', now) !== undefined || (key !== undefined && outages.of('kms', now) !== undefined);
  }

  /** @param key ARN or id of the key that encrypts it */
  createTopic(arn: string, key?: string): void {
    this.#topics.set(arn, { key, policy: undefined });
  }

  /** What the topic's policy denies, and what the publisher lacks of the key. @throws ServiceError */
  #refuse(topicArn: string, principal: Principal): void {
    const { key, policy } = this.#topic(topicArn);
    if (this.#silent(key)) throw new ServiceError('InternalError', 'The key service does not answer.', 500);
    const denied = deniedTo(this.#cloud, principal, policy, PUBLISH, topicArn);
    const missing = denied ?? (key === undefined ? undefined : missingForMessage(this.#cloud, principal, key, 'sns'));
    if (!missing) return;
    this.#cloud.say('iam', `denied: ${principal.name} may not ${missing}`);
    const code = denied ? 'AuthorizationErrorException' : 'KMSAccessDeniedException';
    throw new ServiceError(code, `${principal.name} is not authorized: ${missing}`, denied ? 403 : 400);
  }

  /** @throws ServiceError NotFound */
  #topic(topicArn: string): Topic {
    const topic = this.#topics.get(topicArn);
    if (!topic) throw new ServiceError('NotFound', 'Topic does not exist', 404);
    return topic;
  }

  /** @throws ServiceError NotFound */
  publish(
    topicArn: string,
    subject: string,
    message: string,
    attributes: Attributes = {},
    alarm?: Message['alarm'],
  ): void {
    this.#topic(topicArn);
    this.messages.push({
      at: this.#cloud.clock.now(),
      topicArn,
      subject,
      message,
      attributes,
      ...(alarm && { alarm }),
    });
    this.#cloud.say('sns', `${this.subscriptions.confirmed > 0 ? 'people are' : 'nobody is'} notified: ${subject}`, {
      kind: 'message',
      attributes,
    });
  }
}
