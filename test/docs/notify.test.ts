import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { MESSAGE_ATTRIBUTE, MESSAGE_SEVERITY } from '../../contract/messages.ts';
import { subscribe } from '../../examples/healed/subscriptions.ts';

const read = (path: string) => readFileSync(join(import.meta.dirname, '../..', path), 'utf8');

interface Subscription {
  readonly Properties: {
    readonly Endpoint: string;
    readonly FilterPolicy: Readonly<Record<string, readonly string[]>>;
    readonly FilterPolicyScope?: string;
  };
}

const stack = new Stack(new App({ analyticsReporting: false }), 'Shop');
const [pager, pagerForAlarms, mailbox] = [
  'https://pager.example.com/a',
  'https://pager.example.com/b',
  'a@example.com',
];
subscribe(new Topic(stack, 'People'), { pager, pagerForAlarms, mailbox });
const made = Template.fromStack(stack).findResources('AWS::SNS::Subscription') as Readonly<
  Record<string, Subscription>
>;
const to = (endpoint: string) => Object.values(made).find(({ Properties }) => Properties.Endpoint === endpoint);

describe('the example of docs/notify.md', () => {
  test('is the file that is synthesized here', () => {
    const [, code] = /```ts\n([\s\S]*?)```/.exec(read('docs/notify.md')) ?? [];
    expect(code).toBe(read('examples/healed/subscriptions.ts'));
  });

  test('sends each severity to one of the two', () => {
    const taken = [pager, mailbox].flatMap(
      (each) => to(each)?.Properties.FilterPolicy[MESSAGE_ATTRIBUTE.severity] ?? [],
    );
    expect([...taken].sort()).toEqual([...new Set(Object.values(MESSAGE_SEVERITY))].sort());
    expect(to(pager)?.Properties.FilterPolicy).toEqual({ severity: ['page'] });
  });

  test('and alarms to the pager, by their body: they have no attributes', () => {
    expect(to(pagerForAlarms)?.Properties).toMatchObject({
      FilterPolicyScope: 'MessageBody',
      FilterPolicy: { NewStateValue: ['ALARM', 'OK', 'INSUFFICIENT_DATA'] },
    });
  });
});

test('docs/notify.md says of each severity what it means', () => {
  const document = read('docs/notify.md');
  for (const name of [...Object.values(MESSAGE_ATTRIBUTE), ...Object.values(MESSAGE_SEVERITY)])
    expect(document).toContain(`\`${name}\``);
});
