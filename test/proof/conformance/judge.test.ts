import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { describedCodes, standing } from '../../../proof/conformance/models/errors.ts';
import { CallJudge } from '../../../proof/conformance/models/judge.ts';
import { Models } from '../../../proof/conformance/models/model.ts';
import { WRITTEN_MODELS } from '../../../proof/conformance/models/responses.ts';
import type { Exchange } from '../../../simulator/aws/account/cloud.ts';
import { RESPONSES } from '../../../simulator/aws/lambda/lambda.ts';

const DIRECTORY = join(import.meta.dirname, 'models');
const FOUND = { Found: ['abc'], At: new Date(0), Whole: true };

function judged(exchange: Partial<Exchange>) {
  const judge = new CallJudge(new Models(DIRECTORY, WRITTEN_MODELS));
  const given = { service: 'toy', operation: 'Find', input: { Id: 'abc' }, ...exchange };
  judge.hear(exchange.error === undefined ? { output: FOUND, ...given } : given, 'a scenario');
  return judge;
}
const deviations = (exchange: Partial<Exchange>) =>
  judged(exchange).deviations.map(({ operation, path, what }) => `${operation} ${path}: ${what}`);

describe('a call', () => {
  test('that AWS would take is passed, with what the SDK leaves out', () => {
    const Filters = [{ Name: 'status' }, { Name: 'tag:any' }];
    const input = { Id: 'abc', Kind: 'Red', Limit: 5, Tags: { key: '' }, Value: { S: 'x', N: undefined }, Filters };
    expect(deviations({ input })).toEqual([]);
  });

  test.each([
    [{}, 'input.Id: missing, and required'],
    [{ Id: 'abc', Ids: [] }, 'input.Ids: a member that is not known'],
    [{ Id: 'abc', id: 'abc' }, 'input.id: a member that is not known'],
    [{ Id: 7 }, 'input.Id: a number, and not a text'],
    [{ Id: null }, 'input.Id: null, and not a text'],
    [{ Id: 'ab' }, 'input.Id: 2 characters, and not at least 3'],
    [{ Id: 'abcdef' }, 'input.Id: 6 characters, and not at most 5'],
    [{ Id: 'abc1' }, 'input.Id: does not match [a-z]+'],
    [{ Id: 'abc', Kind: 'red' }, 'input.Kind: "red", and not one of the enumeration'],
    [{ Id: 'abc', Limit: 4 }, 'input.Limit: 4, and not at least 5'],
    [{ Id: 'abc', Limit: 11 }, 'input.Limit: 11, and not at most 10'],
    [{ Id: 'abc', Limit: 5.5 }, 'input.Limit: a number, and not a whole number'],
    [{ Id: 'abc', Limit: '5' }, 'input.Limit: a string, and not a whole number'],
    [{ Id: 'abc', Tags: { x: 'y' } }, 'input.Tags{key}: 1 characters, and not at least 3'],
    [{ Id: 'abc', Tags: ['x'] }, 'input.Tags: a list, and not a map'],
    [{ Id: 'abc', Value: {} }, 'input.Value: 0 members of a union, and not one'],
    [{ Id: 'abc', Value: { S: 'x', N: '1' } }, 'input.Value: 2 members of a union, and not one'],
    [{ Id: 'abc', Filters: [{ Name: 'state' }] }, 'input.Filters[].Name: the filter "state", which is not documented'],
    [{ Id: 'abc', Filters: [{ Name: 'tag' }] }, 'input.Filters[].Name: the filter "tag", which is not documented'],
  ])('%j is noticed', (input, what) => expect(deviations({ input })).toEqual([`toy:Find ${what}`]));

  test('of an operation or a service that AWS does not have is noticed', () => {
    expect(deviations({ operation: 'Lose' })).toEqual(['toy:Lose input: an operation that AWS does not have']);
    expect(() => judged({ service: 'nobody' })).toThrow('no model of the service nobody');
  });
});

describe('an answer', () => {
  test.each([
    [{ Found: ['abc', 'abc', 'abc'] }, 'output.Found: 3 entries, and not at most 2'],
    [{ Found: ['abc', 'x'] }, 'output.Found[]: 1 characters, and not at least 3'],
    [{ Found: 'abc' }, 'output.Found: a string, and not a list'],
    [{ At: '2026-01-01' }, 'output.At: a string, and not a moment'],
    [{ Whole: 'true' }, 'output.Whole: a string, and not true or false'],
    [{ Lost: 1 }, 'output.Lost: a member that is not known'],
  ])('%j is noticed', (output, what) => expect(deviations({ output })).toEqual([`toy:Find ${what}`]));

  test('of an operation that gives none has nothing in it', () => {
    expect(deviations({ operation: 'Forget', output: {} })).toEqual([]);
    expect(deviations({ operation: 'Forget', output: FOUND })).toEqual([
      'toy:Forget output: members for an operation that gives none',
    ]);
  });

  test('is an error that the operation lists, by its shape or its code on the wire, or that every service has', () => {
    for (const error of ['NotThere', 'NotThere.Code', 'ThrottlingException']) expect(deviations({ error })).toEqual([]);
    expect(deviations({ error: 'Gone' })).toEqual(['toy:Find error: the code Gone, which is not listed']);
    expect(deviations({ operation: 'Forget', error: 'NotThere' })).toEqual([
      'toy:Forget error: the code NotThere, which is not listed',
    ]);
  });
});

test('a code of EC2, whose model lists none, is one of its page', () => {
  const model = { metadata: { serviceId: 'EC2', apiVersion: 'x' }, operations: {}, shapes: {} };
  expect(standing(model, {}, 'VolumeInUse')).toBe('byPage');
  expect(standing(model, {}, 'VolumeInUs')).toBe('unlisted');
  expect(standing(model, {}, 'ThrottlingException')).toBe('unlisted');
});

test('what a custom resource answers is judged by what is documented of it', () => {
  const input = { Status: 'FAILED', PhysicalResourceId: 'x', StackId: 's', RequestId: 'r', LogicalResourceId: 'l' };
  const responses = { service: RESPONSES, operation: 'PUT', output: {} };
  expect(deviations({ ...responses, input })).toEqual([]);
  expect(deviations({ ...responses, input: { ...input, Status: 'Failed', Data: { Id: 7 } } })).toEqual([
    `${RESPONSES}:PUT input.Status: "Failed", and not one of the enumeration`,
    `${RESPONSES}:PUT input.Data{}: a number, and not a text`,
  ]);
});

test('the same deviation, in however many scenarios, is one', () => {
  const judge = new CallJudge(new Models(DIRECTORY));
  for (const scenario of ['one', 'two', 'two'])
    judge.hear({ service: 'toy', operation: 'Find', input: {}, output: {} }, scenario);
  expect(judge.deviations.map(({ seenIn }) => [...seenIn])).toEqual([['one', 'two']]);
  expect([judge.exchanges, judge.forms]).toEqual([3, 1]);
});

describe('an error of S3', () => {
  const described = (code: string, status: string) =>
    `<li> <p> <i>Code:</i> ${code} </p> </li> <li> <p> <i>Description:</i> x</p> </li> <li> <p> <i>HTTP Status Code:</i> ${status}</p> </li>`;
  const documentation = [
    ['NoSuchKey', '404 Not Found'],
    ['Odd', 'N/A'],
    ['Twice', '400'],
    ['Twice', '405'],
  ]
    .map(([code = '', status = '']) => described(code, status))
    .join(' ');
  const operation = { errors: [{ shape: 'InvalidRequest' }] };
  const model = {
    metadata: { serviceId: 'S3', apiVersion: '2006-03-01' },
    operations: { PutObject: operation },
    shapes: {
      InvalidRequest: { type: 'structure' },
      Error: { type: 'structure', members: { Code: { shape: 'Code', documentation } } },
    },
  };

  test('is one that its model describes, or its page alone has', () => {
    const stands = (code: string) => standing(model, operation, code);
    expect(stands('InvalidRequest')).toBe('listed');
    for (const code of ['NoSuchKey', 'Twice', 'ConditionalRequestConflict']) expect(stands(code)).toBe('byPage');
    // What is common to other services is not to S3.
    for (const code of ['AccessDeniedException', 'Gone']) expect(stands(code)).toBe('unlisted');
  });

  test('has the status that is described', () => {
    expect([...describedCodes(model)]).toEqual([
      ['NoSuchKey', ['404']],
      ['Odd', ['']],
      ['Twice', ['400', '405']],
    ]);
  });
});
