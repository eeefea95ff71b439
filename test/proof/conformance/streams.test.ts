import { describe, expect, test } from '@jest/globals';
import { STREAMS } from '../../../proof/conformance/behaviours/streams.ts';
import { Models, type ServiceModel } from '../../../proof/conformance/models/model.ts';
import { judgeStreams, mappingsOf } from '../../../proof/conformance/models/streams.ts';
import type { StreamRecord } from '../../../simulator/aws/dynamodb/stream.ts';

const text = { type: 'string' };
const shapes = {
  Record: { type: 'structure', members: { eventID: { shape: 'Text' }, dynamodb: { shape: 'StreamRecord' } } },
  StreamRecord: {
    type: 'structure',
    members: { ApproximateCreationDateTime: { shape: 'Moment' }, SequenceNumber: { shape: 'Number' } },
  },
  CreateEventSourceMappingRequest: {
    type: 'structure',
    required: ['FunctionName'],
    members: {
      FunctionName: { shape: 'Text' },
      EventSourceArn: { shape: 'Text' },
      BatchSize: { shape: 'Batch' },
      DestinationConfig: { shape: 'Ends' },
    },
  },
  ...{ Moment: { type: 'timestamp' }, Number: { ...text, min: 21, max: 40 }, Text: text },
  Ends: { type: 'structure', members: { OnFailure: { shape: 'End' } } },
  End: { type: 'structure', members: { Destination: { shape: 'Text' } } },
  Batch: { type: 'integer', min: 1, max: 10_000 },
};
const model: ServiceModel = { metadata: { serviceId: 'toy', apiVersion: '1' }, operations: {}, shapes };
const models = new Models('nowhere', { dynamodbstreams: model, lambda: model });
const record = (more: object, own: object = {}) =>
  ({
    ...{ eventID: '1', eventSourceARN: 'arn:aws:dynamodb:x', ...own },
    dynamodb: { ApproximateCreationDateTime: 1_767_744_000, SequenceNumber: '0'.repeat(21), ...more },
  }) as unknown as StreamRecord;
const DestinationConfig = { OnFailure: { Destination: { 'Fn::GetAtt': ['Queue', 'Arn'] } } };
const LATER = { FunctionName: { Ref: 'Pages' }, EventSourceArn: { 'Fn::GetAtt': ['Ledger', 'StreamArn'] } };

describe('what is handed over of a stream, and asked for', () => {
  test('that the models know is passed, with what a deployment says later', () => {
    expect(judgeStreams(models, [record({})], [{ ...LATER, BatchSize: 10, DestinationConfig, Tags: [] }])).toEqual([]);
  });

  test('that they do not is named once', () => {
    const records = [record({ SequenceNumber: '7' }), record({ SequenceNumber: '8' }), record({}, { who: 'me' })];
    expect(
      judgeStreams(models, records, [
        { ...LATER, BatchSize: 0 },
        { BatchSize: 5, Batches: 1 },
      ]),
    ).toEqual([
      'record.dynamodb.SequenceNumber: 1 characters, and not at least 21',
      'record.who: a member that is not known',
      'mapping.BatchSize: 0, and not at least 1',
      'mapping.Batches: a member that is not known',
      'mapping.FunctionName: missing, and required',
    ]);
  });

  test('of a template the mappings that follow a stream, and none of a queue', () => {
    const Type = 'AWS::Lambda::EventSourceMapping';
    const of = (Properties: object) => ({ Type, Properties });
    const Resources = {
      A: of({ StartingPosition: 'LATEST' }),
      B: of({ BatchSize: 1 }),
      C: { Type: 'AWS::SQS::Queue' },
    };
    expect(mappingsOf({ Resources })).toEqual([{ StartingPosition: 'LATEST' }]);
  });
});

test.each(STREAMS)('$behaviour: a stand-in that has no records does not behave as documented', async (tried) => {
  const bench = { dynamodb: { send: async () => ({}) }, settle: async () => {}, streamed: async () => [], table: 't' };
  expect(tried.documented).not.toContain(await tried.attempt(bench as never));
});
