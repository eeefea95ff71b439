import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from '@jest/globals';
import { journalKey } from '../../../../contract/journal.ts';
import { journalClient, S3Journal } from '../../../../host/agent/journal/s3.ts';
import { StoreError } from '../../../../host/agent/journal/store.ts';
import type { Signature } from '../../../../journal/protocol.ts';
import type { Services } from '../../../../simulator/aws/account/services.ts';
import { clientFor } from '../../../../simulator/aws/s3/callers.ts';
import { ANYONE } from '../../../simulator/aws/lab.ts';
import { BUCKET, role, S3Lab } from '../../../simulator/aws/s3/s3-lab.ts';

const directory = mkdtempSync(join(tmpdir(), 's3-journal-'));
afterAll(() => rmSync(directory, { recursive: true }));

let lab: S3Lab;
let journal: S3Journal;
const journalOf = (principal = ANYONE) =>
  new S3Journal(
    clientFor(lab as unknown as Services, principal, (settings) => journalClient(settings)),
    { bucket: BUCKET, volume: 'alpha' },
  );
beforeEach(() => {
  lab = new S3Lab();
  journal = journalOf();
});

function segment(
  text: string,
  of: Partial<Signature> = {},
): { signature: Signature; body: { path: string; size: number } } {
  const path = join(directory, 'segment');
  writeFileSync(path, text);
  const sum = createHash('sha256').update(text).digest('hex');
  return {
    signature: { term: 3, writer: 'i-1', run: 2, sum, kind: 'segment', ...of },
    body: { path, size: text.length },
  };
}
const put = (number: number, text: string, of: Partial<Signature> = {}, by = journal) => {
  const { signature, body } = segment(text, of);
  return lab.within(() => by.put(number, signature, body));
};
async function textOf(number: number): Promise<string> {
  const found = await lab.within(() => journal.read(number));
  if (found.answer !== 'found') return found.answer;
  const chunks: Uint8Array[] = [];
  for await (const chunk of found.bytes) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
const code = (error: unknown) => (error instanceof StoreError ? error.code : error);

test('an object is written once, and read with its signature', async () => {
  expect(await put(1, 'one')).toBe('written');
  expect(await put(1, 'other')).toBe('taken');
  expect(await lab.within(() => journal.look(1))).toEqual({ answer: 'found', signature: segment('one').signature });
  expect([await textOf(1), await textOf(2)]).toEqual(['one', 'nothing']);
  expect(await lab.within(() => journal.look(2))).toEqual({ answer: 'nothing' });
});

test('bytes that are not those of the sum are not taken', async () => {
  await expect(put(1, 'one', { sum: '0'.repeat(64) }).catch(code)).resolves.toBe('refused');
  expect(await textOf(1)).toBe('nothing');
});

describe('what cannot be answered has a name', () => {
  test('an object of somebody else', async () => {
    await lab.put(journalKey('alpha', 1));
    await expect(lab.within(() => journal.look(1)).catch(code)).resolves.toBe('unsigned');
  });

  test('a right that is missing: without the one to list, nothing is known of what is not there', async () => {
    const blind = journalOf(role({ Action: 's3:GetObject' }));
    await expect(lab.within(() => blind.look(1)).catch(code)).resolves.toBe('refused');
    await expect(put(1, 'one', {}, blind).catch(code)).resolves.toBe('refused');
  });
});

describe('over a connection', () => {
  const answering = (status: number | Error, name = 'Error') =>
    new S3Journal(
      journalClient({
        region: 'us-east-1',
        credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
        requestHandler: {
          handle: async () => {
            if (status instanceof Error) throw status;
            const body = Buffer.from(name === '' ? '' : `<Error><Code>${name}</Code></Error>`);
            return { response: { statusCode: status, headers: {}, body } } as never;
          },
        },
      }),
      { bucket: BUCKET, volume: 'alpha' },
    );
  const { signature, body } = {
    signature: segment('one').signature,
    body: { path: join(directory, 'segment'), size: 3 },
  };

  test.each([
    [200, '', 'written'],
    // An answer that begins as a success may end as an error.
    [200, 'InternalError', 'busy'],
    [412, 'PreconditionFailed', 'taken'],
    [409, 'ConditionalRequestConflict', 'busy'],
    [500, 'InternalError', 'busy'],
    [503, 'SlowDown', 'busy'],
    [400, 'RequestTimeout', 'busy'],
    [403, 'AccessDenied', 'refused'],
    [404, 'NoSuchBucket', 'refused'],
  ])('%d %s is %s', async (status, name, answer) => {
    segment('one');
    await expect(answering(status, name).put(1, signature, body).catch(code)).resolves.toBe(answer);
  });

  test('each call is one request, however it ends', async () => {
    let requests = 0;
    const counting = new S3Journal(
      journalClient({
        region: 'us-east-1',
        credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
        requestHandler: {
          handle: async () => {
            requests++;
            return { response: { statusCode: 503, headers: {}, body: Buffer.from('') } } as never;
          },
        },
      }),
      { bucket: BUCKET, volume: 'alpha' },
    );
    segment('one');
    for (const call of [() => counting.put(1, signature, body), () => counting.look(1), () => counting.read(1)]) {
      requests = 0;
      await call();
      expect(requests).toBe(1);
    }
  });

  test('no answer is one that was not heard', async () => {
    const none = answering(Object.assign(new Error('reset'), { code: 'ECONNRESET' }));
    expect([await none.put(1, signature, body), await none.look(1), await none.read(1)]).toEqual([
      'unheard',
      { answer: 'unheard' },
      { answer: 'unheard' },
    ]);
    expect(await answering(503, 'SlowDown').look(1)).toEqual({ answer: 'unheard' });
  });
});
