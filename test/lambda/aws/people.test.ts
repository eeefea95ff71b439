import { SNSClient } from '@aws-sdk/client-sns';
import { expect, test } from '@jest/globals';
import { ENV } from '../../../contract/contract.ts';
import { snsPeople } from '../../../lambda/aws/people.ts';
import { SAMPLES } from '../core/message/samples.ts';

const ENVIRONMENT = {
  [ENV.topic]: 'arn:aws:sns:eu-west-1:111122223333:People',
  [ENV.stack]: 'Remount',
  [ENV.ledger]: 'Ledger',
  [ENV.place]: '{"account":"111122223333","region":"eu-west-1","runbook":"https://wiki.example.com/remount"}',
};

/** What is sent, in the place of being sent. */
function recorder() {
  const sent: Record<string, unknown>[] = [];
  const sns = new SNSClient({ region: 'eu-west-1' });
  sns.send = async ({ input }: { readonly input: object }) => {
    sent.push({ ...input });
    return { $metadata: {} };
  };
  return { people: snsPeople(sns, ENVIRONMENT), sent };
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

test('it says where it comes from, and links to the runbook at the address of its stack', async () => {
  const { people, sent } = recorder();
  await people.notify(SAMPLES.held);
  expect(sent[0]?.Message).toContain('needs a person: https://wiki.example.com/remount#held');
  expect(String(sent[0]?.Message).split('\n').slice(-3)).toEqual([
    'Where: stack Remount, account 111122223333, Region eu-west-1, volume alpha',
    "To look: aws ec2 describe-snapshots --region 'eu-west-1' --snapshot-ids 'snap-2'",
    'Runbook: https://wiki.example.com/remount',
  ]);
});

test('one about all of the stack has no volume: an attribute must not be empty', async () => {
  const { people, sent } = recorder();
  await people.notify(SAMPLES.policySound);
  expect(Object.keys(sent[0]?.MessageAttributes ?? {})).toEqual(['kind', 'severity']);
});
