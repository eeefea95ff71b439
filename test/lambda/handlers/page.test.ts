import { describe, expect, test } from '@jest/globals';
import { ENV } from '../../../contract/contract.ts';
import type { Runtime } from '../../../lambda/aws/runtime.ts';
import { createHandler } from '../../../lambda/page/index.ts';
import { readRecorded } from '../../../lambda/page/recorded.ts';
import { INCIDENT } from '../../report/sample.ts';

const ended = INCIDENT;
const record = (item: object) => ({
  eventName: 'MODIFY',
  dynamodb: { NewImage: { incident: { S: JSON.stringify(item) } } },
});

describe('what is read out of the stream of the ledger', () => {
  test('incidents, as they were recorded', () => {
    expect(readRecorded({ Records: [record(ended)] })).toEqual([ended]);
  });

  test.each([
    ['without an incident', { dynamodb: { NewImage: { pk: { S: 'VOLUME#alpha' } } } }],
    ['that was removed', { dynamodb: { Keys: {} } }],
    ['of nobody’s format', record({ id: 'heal-1' })],
    ['of a volume that is a path', record({ ...ended, volume: '../beta' })],
    ['of a heal that is a path', record({ ...ended, id: '../../answers/x' })],
  ])('a record %s is nothing, and holds up no other', (_, odd) => {
    expect(readRecorded({ Records: [odd, record(ended)] })).toEqual([undefined, ended]);
  });

  test('what is no batch is refused with what was received', () => {
    expect(() => readRecorded({ sweep: 'alpha' })).toThrow('event: received {"sweep":"alpha"}');
  });
});

describe('the function that writes pages', () => {
  interface Put {
    readonly Bucket: string;
    readonly Key: string;
    readonly Body: Uint8Array;
  }
  const textIn = (put: Put | undefined) => new TextDecoder().decode(put?.Body);

  function made(send: (put: Put) => void = () => {}) {
    const [puts, log]: [Put[], Readonly<Record<string, unknown>>[]] = [[], []];
    const runtime: Runtime = {
      clock: { now: () => 0, sleep: async () => {} },
      newId: () => 'id',
      env: {
        [ENV.pages]: 'pages-bucket',
        [ENV.stack]: 'Shop',
        [ENV.place]: JSON.stringify({ account: '111122223333', region: 'eu-west-1', runbook: 'docs/runbook.md' }),
      },
      clients: { region: 'eu-west-1' },
      prepare: (client) =>
        Object.assign(client, {
          send: async ({ input }: { readonly input: Put }) => {
            send(input);
            puts.push(input);
            return {};
          },
        }),
      fetch: () => Promise.reject(new Error('nobody fetches')),
      log: (line) => log.push(line),
    };
    return { handle: createHandler(runtime), puts, log };
  }

  test('puts each under its volume and its id, again under the same where it is handed over again', async () => {
    const { handle, puts } = made();
    await handle({ Records: [record(ended), record(ended)] });
    expect(puts.map(({ Bucket, Key }) => `${Bucket} ${Key}`)).toEqual([
      `pages-bucket incidents/${ended.volume}/${ended.id}.html`,
      `pages-bucket incidents/${ended.volume}/${ended.id}.html`,
    ]);
    expect(textIn(puts[0])).toBe(textIn(puts[1]));
    expect(textIn(puts[0])).toContain('Shop');
    expect(puts[0]?.Body.length).toBeLessThan(200_000);
  });

  test('shows what others wrote as text', async () => {
    const { handle, puts } = made();
    const summary = '<script>alert(1)</script>\u202efdp.exe';
    await handle({ Records: [record({ ...ended, summary })] });
    expect(textIn(puts[0])).toContain('&lt;script>alert(1)&lt;/script>\\u{202e}fdp.exe');
    expect(textIn(puts[0])).not.toContain('<script');
  });

  test('logs a record that no page can be made of, and goes on: it would fail again', async () => {
    const { handle, puts, log } = made();
    const broken = { ...ended, startedAt: Number.MAX_VALUE, steps: [null] };
    await handle({ Records: [record(broken), record({ id: 'x' }), record(ended)] });
    expect(puts.length).toBe(1);
    expect(log.map(({ message, id }) => `${message} ${id ?? ''}`.trim())).toEqual([
      `no page can be made of a record ${ended.id}`,
      'no page can be made of a record',
      'the page of an incident is written',
    ]);
  });

  test('fails where S3 does not take a page: the stream hands it over again', async () => {
    const { handle } = made(() => {
      throw Object.assign(new Error('slow down'), { name: 'SlowDown' });
    });
    await expect(handle({ Records: [record(ended)] })).rejects.toThrow(
      /could not write the page incidents\/.*SlowDown/,
    );
  });
});
