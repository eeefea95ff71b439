/** Loads a function's bundle as Lambda does, calls its handler, and prints what came of it, as JSON. */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { DurableExecutionInvocationInputWithClient } from '@aws/durable-execution-sdk-js';
import { ENV } from '../../../contract/contract.ts';
import { bundle, FUNCTIONS } from '../../../lib/internal/bundle.ts';
import { lambdaContext } from '../../../simulator/aws/lambda/durable.ts';

const name = FUNCTIONS.find((known) => known === process.argv[2]);
if (!name) throw new Error(`function: received ${process.argv[2]}; allowed: ${FUNCTIONS.join(', ')}`);
const DOCUMENTS: Readonly<Record<string, unknown>> = {
  [ENV.documents]: {},
  [ENV.targetGroups]: {},
  [ENV.spare]: { prefer: 'faster', maxAgeMinutes: 120 },
  [ENV.lock]: { mode: 'governance', days: 1 },
  [ENV.volumes]: [],
  [ENV.place]: { account: '111122223333', region: 'eu-west-1', runbook: 'docs/runbook.md' },
  [ENV.software]: { version: 'x', document: 'x' },
  [ENV.policy]: { id: 'policy-1', targetTag: { key: 'x', value: 'x' }, keepHours: 24, schedules: [] },
  [ENV.initializationRate]: 0,
  [ENV.fallPercent]: 20,
  [ENV.readAllEvery]: 24,
};
for (const key of Object.values(ENV)) process.env[key] = key in DOCUMENTS ? JSON.stringify(DOCUMENTS[key]) : 'x';
process.env.AWS_REGION = 'eu-west-1';
const context = lambdaContext('arn:aws:lambda:eu-west-1:111122223333:function:f:1', 30);
// Away from the project's packages: whatever is not in the bundle is not there, as in Lambda.
const alone = mkdtempSync(join(tmpdir(), 'remount-bundle-'));
process.on('exit', () => rmSync(alone, { recursive: true }));
copyFileSync(join(bundle(name), 'index.mjs'), join(alone, 'index.mjs'));
const loaded: { handler(event: unknown, context: object): Promise<unknown> } = await import(
  pathToFileURL(join(alone, 'index.mjs')).href
);

if (name === 'keep') {
  const bodies: unknown[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => {
      text += chunk;
    });
    request.on('end', () => {
      bodies.push({ method: request.method, ...JSON.parse(text) });
      response.end();
    });
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const ResponseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  await loaded.handler(
    {
      RequestType: 'Delete',
      ResponseURL,
      StackId: 's',
      RequestId: 'r',
      LogicalResourceId: 'l',
      ResourceProperties: { Volume: 'alpha' },
    },
    context,
  );
  server.close();
  console.log(JSON.stringify({ node: process.version, bodies }));
} else if (name === 'page') {
  const error = await loaded.handler({ nonsense: true }, context).catch((reason: unknown) => String(reason));
  console.log(JSON.stringify({ node: process.version, error }));
} else if (name === 'guard') {
  const paths: unknown[] = [];
  const server = createServer((request, response) => {
    paths.push(`${request.method} ${request.url}`);
    response.writeHead(400, { 'x-amzn-errortype': 'InvalidRequestException' }).end('{}');
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  process.env.AWS_ENDPOINT_URL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  process.env.AWS_ACCESS_KEY_ID = 'x';
  process.env.AWS_SECRET_ACCESS_KEY = 'x';
  const error = await loaded.handler({}, context).catch((reason: unknown) => String(reason));
  server.close();
  console.log(JSON.stringify({ node: process.version, paths, error }));
} else {
  const operation = {
    Id: 'e',
    Type: 'EXECUTION',
    Status: 'STARTED',
    StartTimestamp: new Date(),
    ExecutionDetails: { InputPayload: '{"nonsense":true}' },
  } as const;
  const client = {
    getExecutionState: async () => ({ Operations: [] }),
    checkpoint: async () => ({ CheckpointToken: 't', NewExecutionState: { Operations: [] } }),
  };
  const input = new DurableExecutionInvocationInputWithClient(
    { DurableExecutionArn: 'arn', CheckpointToken: 't', InitialExecutionState: { Operations: [operation] } },
    client,
  );
  console.log(JSON.stringify({ node: process.version, output: await loaded.handler(input, context) }));
}
