import { SNSClient } from '@aws-sdk/client-sns';
import { expect, test } from '@jest/globals';
import { snsPeople } from '../../../lambda/aws/people.ts';
import { SAMPLES } from '../core/message/samples.ts';

/** What is sent, in the place of being sent. */
function recorder() {
  const sent: Record<string, unknown>[] = [];
  const sns = new SNSClient({ region: 'eu-west-1' });
  sns.send = async ({ input }: { readonly input: object }) => {
    sent.push({ ...input });
    return { $metadata: {} };
  };
  return { people: snsPeople(sns, 'arn:aws:sns:eu-west-1:111122223333:People'), sent };
}

test('a message carries what subscriptions filter by', async () => {
  const { people, sent } = recorder();
  await people.notify(SAMPLES.needsPerson);
  expect(sent[0]).toMatchObject({
    Subject: 'Remount: alpha needs a person',
    MessageAttributes: {
      kind: { DataType: 'String', StringValue: 'needsPerson' },
      severity: { DataType: 'String', StringValue: 'page' },
      volume: { DataType: 'String', StringValue: 'alpha' },
    },
  });
});

test('one about all of the stack has no volume: an attribute must not be empty', async () => {
  const { people, sent } = recorder();
  await people.notify(SAMPLES.policySound);
  expect(Object.keys(sent[0]?.MessageAttributes ?? {})).toEqual(['kind', 'severity']);
});
