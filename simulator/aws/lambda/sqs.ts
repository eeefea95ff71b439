import type { Cloud } from '../account/cloud.ts';
import { has, onlyKnown, type Properties, str } from '../cloudformation/template.ts';
import type { Principal } from '../iam/account.ts';
import { missingForMessage } from '../iam/key-uses.ts';
import { deniedTo, ResourcePolicy } from '../iam/resource-policies.ts';
import { missingForRole } from '../iam/role.ts';

const SEND = 'sqs:SendMessage';
const MINUTE_MS = 60_000;

interface Queue {
  /** ARN or id of the key; `undefined`: one that SQS manages. */
  readonly key: string | undefined;
  policy: ResourcePolicy | undefined;
}

/** Queues of the simulated SQS: they take what Lambda could not deliver, and keep it. */
export class Sqs {
  readonly messages: { readonly at: number; readonly queueArn: string; readonly body: string }[] = [];
  readonly #queues = new Map<string, Queue>();
  /** Hears once a minute how many messages a queue has that nobody has read. An idle one says nothing. */
  measured: ((name: string, messages: number) => void) | undefined;
  readonly #cloud: Cloud;

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
  }

  /** @throws TemplateError for what a queue says and this does not know */
  createQueue(arn: string, p: Properties): void {
    onlyKnown(p, ['KmsMasterKeyId', 'MessageRetentionPeriod', 'SqsManagedSseEnabled', 'Tags']);
    const key = has(p, 'KmsMasterKeyId') ? str(p, 'KmsMasterKeyId') : undefined;
    this.#queues.set(arn, { key, policy: undefined });
  }

  setPolicy(queueArn: string, document: unknown, path: string): void {
    this.#queue(queueArn).policy = new ResourcePolicy(document, path);
  }

  /**
   * What keeps a role from sending; `undefined`: nothing. Lambda wants the leave in the role, whatever the queue's policy says:
   * docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html. What the queue's policy denies is denied.
   */
  missingToSend(role: Principal, queueArn: string): string | undefined {
    const { key, policy } = this.#queue(queueArn);
    const context = { 'aws:PrincipalAccount': this.#cloud.account };
    return (
      missingForRole(this.#cloud, role, { action: SEND, resources: [queueArn], context }) ??
      deniedTo(this.#cloud, role, policy, SEND, queueArn) ??
      (key === undefined ? undefined : missingForMessage(this.#cloud, role, key, 'sqs'))
    );
  }

  /** A role that may not is heard of in the log alone, as on AWS in a metric alone. */
  send(role: Principal, queueArn: string, body: string): void {
    const missing = this.missingToSend(role, queueArn);
    if (missing) this.#cloud.say('iam', `denied: ${role.name} may not ${missing}`);
    else {
      const { clock } = this.#cloud;
      if (this.messages.every((m) => m.queueArn !== queueArn))
        clock.every(MINUTE_MS, clock.now() + 1, () => this.#measure(queueArn));
      this.messages.push({ at: clock.now(), queueArn, body });
      this.#cloud.say('sqs', `a dead letter: ${body.slice(0, 120)}`);
    }
  }

  #measure(queueArn: string): void {
    const visible = this.messages.filter((m) => m.queueArn === queueArn).length;
    this.measured?.(queueArn.split(':').at(-1) ?? '', visible);
  }

  #queue(arn: string): Queue {
    const queue = this.#queues.get(arn);
    if (!queue) throw new Error(`the simulated SQS has no queue ${arn}`);
    return queue;
  }
}
