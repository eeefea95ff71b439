import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { domainOf, isWell } from '../../../../host/agent/witness/ask.ts';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function served(answer: Parameters<typeof createServer>[1]): Promise<string> {
  server = createServer(answer);
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/healthz/alpha`;
}

describe('a question to an owner', () => {
  test('is answered well by a page that comes whole', async () => {
    const url = await served((request, response) => response.end(request.url));
    expect(await isWell(url)).toBe(true);
  });

  test.each<[string, Parameters<typeof createServer>[1]]>([
    ['an error', (_, response) => response.writeHead(500).end()],
    ['no such page', (_, response) => response.writeHead(404).end()],
    ['nothing', () => {}],
    [
      'half of a page, and then nothing',
      (_, response) => {
        response.writeHead(200, { 'content-length': '10' });
        response.write('half');
      },
    ],
    [
      'half of a page, and an end',
      (_, response) => {
        response.writeHead(200, { 'content-length': '10' });
        response.write('half', () => response.destroy());
      },
    ],
  ])('is not by %s', async (_, answer) => {
    expect(await isWell(await served(answer), 200)).toBe(false);
  });

  test('is not where nobody listens, or nobody knows the name', async () => {
    const url = await served(() => {});
    server?.close();
    expect(await isWell(url, 200)).toBe(false);
    expect(await isWell('http://i-0123456789abcdef0.invalid/healthz/alpha', 200)).toBe(false);
  });
});

test('an instance is found by its id, below its Region', () => {
  expect([domainOf('eu-west-1'), domainOf('us-east-1')]).toEqual(['eu-west-1.compute.internal', 'ec2.internal']);
});
