import { type MessageAttributeValue, PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import { ENV } from '../../contract/contract.ts';
import { flattened } from '../../contract/flat.ts';
import { MESSAGE_ATTRIBUTE, MESSAGE_SEVERITY } from '../../contract/messages.ts';
import { codesOf, dataOf } from '../core/message/data.ts';
import { render } from '../core/message/render.ts';
import type { Place } from '../core/message/words.ts';
import { type Message, volumeOf } from '../core/world/message.ts';
import type { People } from '../core/world/ports.ts';
import { translated } from './errors.ts';
import { type Runtime, required } from './runtime.ts';
import { fromEnv } from './schemas.ts';

/** SNS takes subjects of at most 100 characters and messages of at most 256 KiB (API reference of Publish). */
const SUBJECT_CHARACTERS = 100;
const MESSAGE_CHARACTERS = 60_000;

export function snsPeople(sns: SNSClient, env: Runtime['env']): People {
  const TopicArn = required(env, ENV.topic);
  const place = placeOf(env, TopicArn);
  return {
    async notify(message) {
      const { subject, text } = render(message, place);
      await translated('notify people', () =>
        sns.send(
          new PublishCommand({
            TopicArn,
            Subject: subject.slice(0, SUBJECT_CHARACTERS),
            Message: text.slice(0, MESSAGE_CHARACTERS),
            MessageAttributes: attributes(message),
          }),
        ),
      );
    },
  };
}

function placeOf(env: Runtime['env'], topic: string): Place {
  const { account, region, runbook } = fromEnv(env, ENV.place);
  return {
    stack: required(env, ENV.stack),
    account,
    region,
    ledger: required(env, ENV.ledger),
    topic,
    runbook: (section) => (section ? `${runbook}#${section}` : runbook),
  };
}

/**
 * What subscriptions filter by. "Name, type, and value must not be empty or null"
 * (docs.aws.amazon.com/sns/latest/api/API_MessageAttributeValue.html), so what is about all of the stack has no volume.
 */
function attributes(message: Message): Record<string, MessageAttributeValue> {
  const { kind } = message;
  const volume = volumeOf(message);
  const codes = codesOf(message);
  return {
    [MESSAGE_ATTRIBUTE.kind]: text(kind),
    [MESSAGE_ATTRIBUTE.severity]: text(MESSAGE_SEVERITY[kind]),
    ...(volume && { [MESSAGE_ATTRIBUTE.volume]: text(volume) }),
    ...(codes.length > 0 && { [MESSAGE_ATTRIBUTE.reason]: list(codes) }),
    [MESSAGE_ATTRIBUTE.data]: list(flattened(dataOf(message))),
  };
}

const text = (StringValue: string): MessageAttributeValue => ({ DataType: 'String', StringValue });

/** "The values can be strings, numbers, or the keywords true, false, and null": docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html */
const list = (values: readonly string[]): MessageAttributeValue => ({
  DataType: 'String.Array',
  StringValue: JSON.stringify(values),
});
