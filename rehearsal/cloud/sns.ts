import type { Cloud } from './cloud.ts';
import { type Input, onlyMembers, text } from './ec2-input.ts';
import type { Statement } from './iam.ts';
import { missingForService, statementsFor } from './iam-resource-policies.ts';
import { ServiceError } from './service-error.ts';

const ALARMS = 'cloudwatch.amazonaws.com';

export interface Message {
  readonly at: number;
  readonly topicArn: string;
  readonly subject: string;
  readonly message: string;
}

/** Topics of the simulated SNS: what people would have got. */
export class Sns {
  readonly messages: Message[] = [];
  readonly #topics = new Set<string>();
  /** Topic -> what its policy says to CloudWatch. */
  readonly #policies = new Map<string, readonly Statement[]>();
  readonly #cloud: Cloud;

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
    cloud.offer('sns', {
      Publish: (input: Input) => {
        onlyMembers('Publish', input, ['TopicArn', 'Subject', 'Message']);
        const subject = text(input, 'Subject');
        if (subject.length > 100 || /[^\x20-\x7e]/.test(subject))
          throw new ServiceError('InvalidParameter', 'Invalid parameter: Subject');
        this.publish(text(input, 'TopicArn'), subject, text(input, 'Message'));
        return { MessageId: `message-${this.messages.length}` };
      },
    });
  }

  /** @throws TemplateError for what the policy says and this does not know */
  setPolicy(topicArn: string, document: unknown, path: string): void {
    this.#policies.set(topicArn, statementsFor(ALARMS, document, path));
  }

  /** An alarm tells people. Without the topic's leave nobody hears of it, and the alarm does not fail. */
  publishByAlarm(topicArn: string, subject: string, message: string): void {
    const missing = missingForService(this.#policies.get(topicArn) ?? [], 'sns:Publish', topicArn, this.#cloud.account);
    if (missing) this.#cloud.say('iam', `denied: ${ALARMS} may not ${missing}`);
    else this.publish(topicArn, subject, message);
  }

  createTopic(arn: string): void {
    this.#topics.add(arn);
  }

  /** @throws ServiceError NotFound */
  publish(topicArn: string, subject: string, message: string): void {
    if (!this.#topics.has(topicArn)) throw new ServiceError('NotFound', 'Topic does not exist', 404);
    this.messages.push({ at: this.#cloud.clock.now(), topicArn, subject, message });
    this.#cloud.say('sns', `people are told: ${subject}`);
  }
}
