import { type ChildProcess, spawn } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

const ROOT = join(import.meta.dirname, '../..');
const DENIED = `<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>
<Message>User: somebody is not authorized to perform: cloudformation:DescribeStacks</Message></Error></ErrorResponse>`;
/** Each command that asks AWS, with what it needs. */
const COMMANDS = [
  ['status'],
  ['incidents', 'alpha'],
  ['incident', 'alpha'],
  ['points', 'alpha'],
  ['heal', 'alpha', '--yes'],
  ['drill', 'alpha', '--yes'],
  ['release-quarantine', 'vol-1', '--yes'],
  ['doctor'],
  ['report'],
  ['upload', 'docs', 'alpha', '--yes'],
  ['restore', 'alpha', 'courses', '--at', '1h', '--yes'],
];

/** Nobody may do anything there. */
let server: Server;
/** It takes each request, and never answers. */
let silent: Server;
beforeAll(async () => {
  server = createServer((_request, response) => response.writeHead(403, { 'content-type': 'text/xml' }).end(DENIED));
  silent = createServer(() => {});
  for (const each of [server, silent]) await new Promise<void>((resolve) => each.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  silent.closeAllConnections();
  for (const each of [server, silent]) await new Promise((resolve) => each.close(resolve));
});

/** Nothing listens on this port: it is the one of the discard service. */
const NOWHERE = 9;

/** @param begun is given the process, to do something to it */
async function remount(args: readonly string[], port: number, begun: (child: ChildProcess) => void = () => {}) {
  const env = {
    PATH: process.env.PATH ?? '',
    ...(process.env.NODE_COMPILE_CACHE && { NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE }),
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'a',
    AWS_SECRET_ACCESS_KEY: 'b',
    AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
  };
  const child = spawn(process.execPath, ['operator/main.ts', ...args], { cwd: ROOT, env });
  begun(child);
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].on('data', (bytes: Buffer) => {
      said[name] += bytes.toString();
    });
  const code = await new Promise((resolve) => child.once('close', resolve));
  return { code, ...said };
}

describe.each(COMMANDS.map((args) => [args.join(' '), args] as const))('remount %s', (_, args) => {
  test('without permission says in a line what is missing, and does nothing', async () => {
    const { code, stdout, stderr } = await remount(args, (server.address() as AddressInfo).port);
    expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
    expect(stderr).toMatch(/^could not [^\n]*not authorized to perform: cloudformation:DescribeStacks[^\n]*\n$/);
  });

  test('without network says so in a line, and does nothing', async () => {
    const { code, stdout, stderr } = await remount(args, NOWHERE);
    expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
    expect(stderr).toMatch(/^could not [^\n]*ECONNREFUSED[^\n]*\n$/);
  });

  test.each(['SIGINT', 'SIGTERM'] as const)(
    'while it waits for AWS ends with %s, and says what was done',
    async (signal) => {
      const { port } = silent.address() as AddressInfo;
      const ended = await remount(args, port, (child) => silent.once('request', () => child.kill(signal)));
      expect(ended).toEqual({ code: 130, stdout: '', stderr: '\nNothing was done\n' });
    },
  );

  test('is read by nobody any more: its exit code is the same, and it says nothing of that', async () => {
    const { port } = server.address() as AddressInfo;
    const ended = await remount(args, port, ({ stdout, stderr }) => {
      stdout?.destroy();
      stderr?.destroy();
    });
    expect(ended).toEqual({ code: 4, stdout: '', stderr: '' });
  });
});

test.each(['not a region', 'eu-west-1.example.com', 'EU-WEST-1'])(
  'a Region %s is refused in a line, and asked of nobody',
  async (region) => {
    const { code, stdout, stderr } = await remount(['status', '--region', region], NOWHERE);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toBe(`--region: received ${region}; allowed: a Region, such as eu-west-1, here or as AWS_REGION\n`);
  },
);
