import { SNSClient } from '@aws-sdk/client-sns';
import { expect, test } from '@jest/globals';
import { ENV } from '../../../contract/contract.ts';
import { snsPeople } from '../../../lambda/aws/people.ts';
import { SAMPLES } from '../core/message/samples.ts';
import { NOW } from '../core/world.ts';

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

function dataOf(sent: Record<string, unknown> | undefined): readonly string[] {
  const { data } = (sent?.MessageAttributes ?? {}) as Readonly<Record<string, { readonly StringValue: string }>>;
  return JSON.parse(data?.StringValue ?? '') as readonly string[];
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
      reason: { DataType: 'String.Array', StringValue: '["dead","noPoint"]' },
      data: { DataType: 'String.Array' },
    },
  });
});

test('and what programs read: ids, codes, figures, and nothing that only people read', async () => {
  const { people, sent } = recorder();
  await people.notify(SAMPLES.needsPerson);
  expect(dataOf(sent[0])).toEqual([
    'reasons.0.code=dead',
    'reasons.0.volumeId=vol-1',
    'reasons.0.state=timeout',
    'reasons.1.code=noPoint',
    'reasons.1.volume=alpha',
    `incident=INCIDENT#${new Date(NOW).toISOString()}#heal-1`,
    'lessRoom.before=120',
    'lessRoom.now=100',
    'passedOver.0=snap-9',
  ]);
});

test.each(Object.values(SAMPLES))('the data of a message of kind $kind have no sentence', async (message) => {
  const { people, sent } = recorder();
  await people.notify(message);
  const lines = dataOf(sent[0]);
  expect(lines.length).toBeGreaterThan(0);
  for (const line of lines) expect(line).toMatch(/^[\w.]+=\S+$/);
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
  expect(Object.keys(sent[0]?.MessageAttributes ?? {})).toEqual(['kind', 'severity', 'data']);
});
