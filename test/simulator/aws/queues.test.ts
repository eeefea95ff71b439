import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { Logs } from '../../../simulator/aws/cloudwatch/logs.ts';
import type { Principal } from '../../../simulator/aws/iam/account.ts';
import { type FunctionDefinition, Lambda } from '../../../simulator/aws/lambda/lambda.ts';
import { Sqs } from '../../../simulator/aws/lambda/sqs.ts';
import { Lab, policy } from './lab.ts';

const QUEUE = 'arn:aws:sqs:eu-west-1:111122223333:dead';
const KEY = 'arn:aws:kms:eu-west-1:111122223333:key/k';
const sender = (actions: string, resource = QUEUE): Principal => ({
  name: 'role',
  arn: 'arn:aws:iam::111122223333:role/role',
  statements: () => policy(actions, resource),
});

let lab: Lab;
let sqs: Sqs;
beforeEach(() => {
  lab = new Lab();
  sqs = new Sqs(lab.cloud);
  sqs.createQueue(QUEUE, { path: 'Q', values: { SqsManagedSseEnabled: true } });
});
const setPolicy = (statement: object) =>
  sqs.setPolicy(QUEUE, { Version: '2012-10-17', Statement: { Action: 'sqs:*', Resource: QUEUE, ...statement } }, 'P');

describe('a dead-letter queue', () => {
  test('takes what a role may send, and says who may not', () => {
    sqs.send(sender('sqs:SendMessage'), QUEUE, 'lost');
    expect(sqs.messages).toMatchObject([{ queueArn: QUEUE, body: 'lost' }]);
    sqs.send(sender('sqs:SendMessage', `${QUEUE}2`), QUEUE, 'more');
    expect(sqs.messages.length).toBe(1);
    expect(lab.cloud.log.at(-1)?.what).toContain('role may not sqs:SendMessage: needs');
  });

  test('its policy denies, and does not stand in for the role', () => {
    setPolicy({ Effect: 'Allow', Principal: '*' });
    expect(sqs.missingToSend(sender('sns:Publish'), QUEUE)).toContain('sqs:SendMessage: needs');
    setPolicy({ Effect: 'Deny', Principal: { AWS: '*' }, Condition: { Bool: { 'aws:SecureTransport': 'false' } } });
    expect(sqs.missingToSend(sender('sqs:*'), QUEUE)).toBeUndefined();
    setPolicy({ Effect: 'Deny', Principal: { AWS: '111122223333' } });
    expect(sqs.missingToSend(sender('sqs:*'), QUEUE)).toContain('denied on');
  });

  test('with a key of its own, the sender needs that too', () => {
    const root = { Effect: 'Allow', Principal: { AWS: '111122223333' }, Action: 'kms:*', Resource: '*' };
    const KeyPolicy = { Version: '2012-10-17', Statement: root };
    lab.cloud.keys.define(KEY, 'k', { path: 'Key', values: { KeyPolicy } });
    sqs.createQueue(QUEUE, { path: 'Q', values: { KmsMasterKeyId: 'k' } });
    expect(sqs.missingToSend(sender('sqs:*'), QUEUE)).toContain('kms:GenerateDataKey: needs');
    expect(sqs.missingToSend(sender('*', '*'), QUEUE)).toBeUndefined();
  });

  test('what it does not know of a queue is refused by name', () => {
    expect(() => sqs.createQueue(QUEUE, { path: 'Q', values: { FifoQueue: true } })).toThrow('unknown FifoQueue');
  });
});

describe('what started a function that failed', () => {
  const arn = 'arn:aws:lambda:eu-west-1:111122223333:function:f';
  const defined = (executionSeconds?: number): FunctionDefinition => ({
    logicalId: 'F',
    name: 'f',
    arn,
    assetKey: 'f',
    env: {},
    timeoutSeconds: 3,
    principal: sender('*', '*'),
    logGroup: 'group',
    deadLetters: (event) => sqs.send(sender('sqs:SendMessage'), QUEUE, JSON.stringify(event)),
    executionSeconds,
  });
  const queued = () => sqs.messages.map((m) => m.body);

  test('goes to its queue once it failed as often as it may, and once', async () => {
    lab.lambda.define(defined());
    lab.lambda.substitute = () => () => Promise.reject(new Error('down'));
    lab.lambda.retries(arn, 1);
    lab.lambda.invoke(arn, { volume: 'alpha' });
    await lab.pass(30);
    expect(queued()).toEqual([]);
    await lab.pass(600);
    expect(queued()).toEqual(['{"volume":"alpha"}']);
  });

  test('goes there at once where a durable execution failed, which is not run again', async () => {
    const assets = mkdtempSync(join(tmpdir(), 'remount-assets-'));
    mkdirSync(join(assets, 'asset.f'));
    const failed = "{ Status: 'FAILED', Error: { ErrorType: 'Error', ErrorMessage: 'down' } }";
    const bundle = `export const createHandler = ({ env }) => async () => (env.well ? { Status: 'SUCCEEDED', Result: '{}' } : ${failed});`;
    writeFileSync(join(assets, 'asset.f/index.mjs'), bundle);
    const lambda = new Lambda(lab.cloud, assets, () => {});
    lambda.define(defined(60));
    lambda.define({ ...defined(60), arn: `${arn}2`, env: { well: 'yes' } });
    lambda.invoke(arn, { volume: 'alpha' });
    lambda.invoke(`${arn}2`, { volume: 'beta' });
    await lab.pass(30);
    expect(queued()).toEqual(['{"volume":"alpha"}']);
    await lab.pass(600);
    expect(queued()).toHaveLength(1);
    expect(lambda.executions.map((e) => e.ended?.status).sort()).toEqual(['FAILED', 'SUCCEEDED']);
    rmSync(assets, { recursive: true });
  });
});

test('a function that may not write its log runs, and the log of the rehearsal says so once', () => {
  const logs = new Logs(lab.cloud);
  for (let n = 0; n < 2; n++) logs.begin(sender('logs:CreateLogStream', '*'), 'group');
  expect(lab.cloud.log.map((l) => l.what)).toEqual([expect.stringContaining('role may not logs:PutLogEvents: needs')]);
  logs.begin(sender('logs:*', 'arn:aws:logs:eu-west-1:111122223333:log-group:other:*'), 'other');
  expect(lab.cloud.log.length).toBe(1);
});
