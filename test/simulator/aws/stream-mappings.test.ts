import { beforeEach, describe, expect, test } from '@jest/globals';
import { DynamoDb } from '../../../simulator/aws/dynamodb/dynamodb.ts';
import type { StreamRecord } from '../../../simulator/aws/dynamodb/stream.ts';
import { Sqs } from '../../../simulator/aws/lambda/sqs.ts';
import { StreamMappings } from '../../../simulator/aws/lambda/stream-mappings.ts';
import { ANYONE, Lab, policy } from './lab.ts';

const FUNCTION = 'arn:aws:lambda:eu-west-1:111122223333:function:f';
const NEEDED = [
  ...['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator', 'dynamodb:ListStreams'],
  'sqs:SendMessage',
];
const QUEUE = 'arn:aws:sqs:eu-west-1:111122223333:dead';

let lab: Lab;
let db: DynamoDb;
let sqs: Sqs;
let streams: StreamMappings;
let streamArn: string;
/** Numbers of each batch that the function was given, and when. */
let given: { readonly values: string[]; readonly at: number }[];
let fails: (values: readonly string[]) => boolean;

function define(statements = () => policy('*', '*')): void {
  lab.lambda.define({
    logicalId: 'F',
    name: 'f',
    arn: FUNCTION,
    assetKey: 'f.zip',
    env: {},
    timeoutSeconds: 3,
    principal: { name: 'role', statements },
    logGroup: 'log',
    deadLetters: undefined,
    executionSeconds: undefined,
  });
}

beforeEach(() => {
  lab = new Lab();
  db = new DynamoDb(lab.cloud);
  sqs = new Sqs(lab.cloud);
  sqs.createQueue(QUEUE, { path: 'Q', values: { SqsManagedSseEnabled: true } });
  streams = new StreamMappings({ cloud: lab.cloud, lambda: lab.lambda, dynamodb: db, sqs });
  db.createTable('t', 'pk', undefined);
  streamArn = db.enableStream('t', 'NEW_IMAGE');
  given = [];
  fails = () => false;
  lab.lambda.substitute = () => async (event) => {
    const { Records } = event as { Records: StreamRecord[] };
    const values = Records.map(({ dynamodb }) => dynamodb.NewImage.value?.N ?? '');
    given.push({ values, at: lab.clock.now() });
    if (fails(values)) throw new Error('no');
  };
  define();
});

const map = (over: Record<string, unknown> = {}) =>
  streams.map('m', {
    path: 'M',
    values: {
      EventSourceArn: streamArn,
      FunctionName: 'f',
      StartingPosition: 'TRIM_HORIZON',
      BatchSize: 10,
      BisectBatchOnFunctionError: true,
      MaximumRetryAttempts: 2,
      MaximumRecordAgeInSeconds: 60,
      DestinationConfig: { OnFailure: { Destination: QUEUE } },
      FilterCriteria: { Filters: [{ Pattern: '{"eventName":["INSERT","MODIFY"]}' }] },
      ...over,
    },
  });
const put = (pk: string, value: number) =>
  lab.within(() =>
    lab.cloud.call(ANYONE, 'dynamodb', 'PutItem', {
      TableName: 't',
      Item: { pk: { S: pk }, value: { N: `${value}` } },
    }),
  );
const seen = () => new Set(given.flatMap(({ values }) => values));

describe('a stream that Lambda reads', () => {
  test('hands over what was written, soon, in its order, and at least once', async () => {
    map();
    const began = lab.clock.now();
    for (let n = 0; n < 30; n++) await put('a', n);
    await lab.pass(5);
    const all = given.flatMap(({ values }) => values.map(Number));
    const firsts = all.filter((value, i) => all.indexOf(value) === i);
    expect(firsts).toEqual(Array.from({ length: 30 }, (_, n) => n));
    expect(given[0]?.at).toBeLessThan(began + 2000);
    expect(all.length).toBeGreaterThan(30);
  });

  test('hands over what fits a filter alone: of a key by its beginning, of an attribute by what it is not', async () => {
    const Pattern = JSON.stringify({
      dynamodb: { Keys: { pk: { S: [{ prefix: 'a' }] } }, NewImage: { value: { N: [{ 'anything-but': ['2'] }] } } },
    });
    map({ FilterCriteria: { Filters: [{ Pattern }] } });
    for (const [pk, value] of [
      ['a', 1],
      ['b', 1],
      ['ab', 2],
      ['ac', 3],
    ] as const)
      await put(pk, value);
    await lab.pass(5);
    expect([...seen()]).toEqual(['1', '3']);
  });

  test('says nothing of a write that changes nothing', async () => {
    map();
    await put('a', 1);
    await put('a', 1);
    await lab.pass(5);
    expect([...seen()]).toEqual(['1']);
  });

  test('splits a batch that fails, tries again as often as it may, and gives up what stays bad', async () => {
    fails = (values) => values.includes('2');
    lab.clock.spawn('writer', async () => {
      for (let n = 0; n < 4; n++)
        await lab.cloud.call(ANYONE, 'dynamodb', 'PutItem', {
          TableName: 't',
          Item: { pk: { S: 'a' }, value: { N: `${n}` } },
        });
    });
    map();
    await lab.pass(60);
    expect(seen()).toEqual(new Set(['0', '1', '2', '3']));
    expect(given.filter(({ values }) => values.length === 1 && values[0] === '2').length).toBeGreaterThanOrEqual(3);
    expect(JSON.parse(sqs.messages[0]?.body ?? '{}')).toMatchObject({
      requestContext: { condition: 'RetryAttemptsExhausted' },
    });
  });

  test('hands nobody what has become too old', async () => {
    map({ MaximumRetryAttempts: 10 });
    fails = () => true;
    await put('a', 1);
    await lab.pass(600);
    const [first, last] = [given[0]?.at ?? 0, given.at(-1)?.at ?? 0];
    expect(last - first).toBeLessThanOrEqual(60_000);
    expect(JSON.parse(sqs.messages[0]?.body ?? '{}')).toMatchObject({
      requestContext: { condition: 'RecordAgeExceeded' },
    });
  });

  test.each([
    ['dynamodb:GetRecords', 'dynamodb:GetRecords: needs'],
    ['dynamodb:ListStreams', 'dynamodb:ListStreams: needs'],
    ['sqs:SendMessage', 'cannot send to'],
  ])('is not mapped for a role without %s', (action, why) => {
    const rest = NEEDED.filter((each) => each !== action);
    define(() => rest.flatMap((each) => policy(each, '*')));
    expect(() => map()).toThrow(why);
  });

  test.each([
    ['no bound of repetitions', { MaximumRetryAttempts: undefined }, 'without bounds'],
    ['another position', { StartingPosition: 'LATEST' }, 'TRIM_HORIZON'],
    [
      'another filter',
      { FilterCriteria: { Filters: [{ Pattern: '{"eventName":[{"exists":true}]}' }] } },
      'the simulation does not know the filter',
    ],
    ['what it does not know', { ParallelizationFactor: 2 }, 'unknown ParallelizationFactor'],
  ])('is not mapped with %s', (_, over, why) => {
    expect(() => map(over)).toThrow(why);
  });

  test('has new images, and nothing else is known', () => {
    db.createTable('u', 'pk', undefined);
    expect(() => db.enableStream('u', 'KEYS_ONLY')).toThrow('knows streams of NEW_IMAGE');
  });
});
