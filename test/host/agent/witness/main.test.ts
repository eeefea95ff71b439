import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { bundle, WITNESS_AGENT } from '../../../../lib/internal/bundle.ts';

const [SELF, OWNER] = ['i-0fedcba9876543210', 'i-0123456789abcdef0'];
const folder = mkdtempSync(join(tmpdir(), 'witness-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A DynamoDB that has one owner, and an owner whose page answers with an error. */
async function world() {
  const written: Record<string, unknown>[] = [];
  let heard = () => {};
  const dynamo = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      const isRead = String(request.headers['x-amz-target']).endsWith('.GetItem');
      response.setHeader('content-type', 'application/x-amz-json-1.0');
      response.end(JSON.stringify(isRead ? { Item: { volumeOwner: { S: OWNER } } } : {}));
      if (isRead) return;
      written.push(JSON.parse(body));
      heard();
    });
  });
  const owner = createServer((_, response) => response.writeHead(500).end());
  for (const server of [dynamo, owner]) await once(server.listen(0, '127.0.0.1'), 'listening');
  const port = (server: typeof owner) => (server.address() as AddressInfo).port;
  return {
    endpoint: `http://127.0.0.1:${port(dynamo)}`,
    ask: `http://127.0.0.1:${port(owner)}`,
    written: new Promise<Record<string, unknown>>((resolve) => {
      heard = () => resolve(written[0] ?? {});
    }),
    close: () => {
      for (const server of [dynamo, owner]) {
        server.closeAllConnections();
        server.close();
      }
    },
  };
}

const run = (settings: object) => {
  const file = join(folder, 'settings.json');
  writeFileSync(file, JSON.stringify(settings));
  const env = { ...process.env, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' };
  return spawn(process.execPath, [join(bundle(WITNESS_AGENT), 'index.mjs'), file], { env });
};

test('the process that is deployed says it at the third question, and ends when it is asked to', async () => {
  const { endpoint, ask, written, close } = await world();
  const settings = { region: 'eu-west-1', ledger: 'ledger', table: 'witnesses', self: SELF, volumes: ['alpha'] };
  const started = run({ ...settings, endpoint, ask });
  const said = await written;
  started.kill('SIGTERM');
  expect(await once(started, 'exit')).toEqual([0, null]);
  close();
  expect(said).toEqual({
    TableName: 'witnesses',
    Item: {
      pk: { S: 'WITNESS#alpha' },
      volumeOwner: { S: OWNER },
      saidBy: { S: SELF },
      saidAt: { N: expect.stringMatching(/^\d{13}$/) },
    },
  });
}, 60_000);

test('settings that are none are refused with a code that no restart helps', async () => {
  expect((await once(run({ region: 'eu-west-1' }), 'exit'))[0]).toBe(64);
}, 30_000);
