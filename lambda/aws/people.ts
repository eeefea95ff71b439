import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import type { People } from '../core/world/ports.ts';
import { translated } from './errors.ts';

/** SNS takes subjects of at most 100 characters and messages of at most 256 KiB (API reference of Publish). */
const SUBJECT_CHARACTERS = 100;
const MESSAGE_CHARACTERS = 60_000;

export function snsPeople(sns: SNSClient, TopicArn: string): People {
  return {
    async tell(subject, message) {
      await translated('tell people', () =>
        sns.send(
          new PublishCommand({
            TopicArn,
            Subject: subject.slice(0, SUBJECT_CHARACTERS),
            Message: message.slice(0, MESSAGE_CHARACTERS),
          }),
        ),
      );
    },
  };
}
