import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { Bench, StreamedRecord, Tried } from './bench.ts';

const API = 'docs.aws.amazon.com/amazondynamodb/latest/APIReference';
const GUIDE = 'docs.aws.amazon.com/amazondynamodb/latest/developerguide';

let made = 0;

/** Records of an item that is written with each of these values of its attribute `value`, one after the other. */
async function records(bench: Bench, values: readonly string[]): Promise<StreamedRecord[]> {
  const sk = `STREAMED#${++made}`;
  for (const S of values) {
    const Item = { pk: { S: 'VOLUME#bench' }, sk: { S: sk }, value: { S } };
    await bench.dynamodb.send(new PutItemCommand({ TableName: bench.table, Item }));
    await bench.settle();
  }
  return (await bench.streamed()).filter(({ dynamodb }) => dynamodb.Keys?.sk?.S === sk);
}

const names = (of: object | undefined) => Object.keys(of ?? {}).sort();

/** What a function leans on that follows a table by its stream. */
export const STREAMS: readonly Tried[] = [
  {
    behaviour: 'records of an item that is written, changed, and written as it is',
    source: `${GUIDE}/Streams.html (an operation that changes no data writes no record)`,
    documented: ['INSERT, MODIFY'],
    attempt: async (bench) => (await records(bench, ['a', 'b', 'b'])).map(({ eventName }) => eventName).join(', '),
  },
  {
    behaviour: 'what a record has of a change, in a stream of new images',
    source: `${API}/API_StreamSpecification.html (NEW_IMAGE); API_streams_StreamRecord.html`,
    documented: ['keys pk, sk; image pk, sk, value as it is now; no old image'],
    async attempt(bench) {
      const { dynamodb = {} } = (await records(bench, ['a', 'b'])).at(-1) ?? {};
      const { Keys, NewImage, OldImage, StreamViewType } = dynamodb;
      if (StreamViewType !== 'NEW_IMAGE') return `a view of ${StreamViewType}`;
      const when = NewImage?.value?.S === 'b' ? 'now' : 'before';
      return `keys ${names(Keys).join(', ')}; image ${names(NewImage).join(', ')} as it is ${when}; ${OldImage ? 'an' : 'no'} old image`;
    },
  },
  {
    behaviour: 'sequence numbers of the records of one item',
    source: `${GUIDE}/Streams.html (in the order of its modifications); ${API}/API_streams_StreamRecord.html (21 to 40 digits)`,
    documented: ['rising, of 21 to 40 digits'],
    async attempt(bench) {
      const numbers = (await records(bench, ['a', 'b', 'c'])).map(({ dynamodb }) => dynamodb.SequenceNumber ?? '');
      const rises = numbers.every((each, n) => n === 0 || BigInt(each) > BigInt(numbers[n - 1] ?? 0));
      const lengths = numbers.map(({ length }) => length);
      const isLong = lengths.length > 0 && lengths.every((length) => length >= 21 && length <= 40);
      return `${rises ? 'rising' : 'not rising'}, of ${isLong ? '21 to 40' : lengths.join(' and ')} digits`;
    },
  },
  {
    behaviour: 'the moment of a record',
    source: `${API}/API_streams_StreamRecord.html (rounded down to the closest second)`,
    documented: ['whole seconds since 1970'],
    async attempt(bench) {
      const at = (await records(bench, ['a']))[0]?.dynamodb.ApproximateCreationDateTime;
      return Number.isInteger(at) && String(at).length === 10 ? 'whole seconds since 1970' : String(at);
    },
  },
];
