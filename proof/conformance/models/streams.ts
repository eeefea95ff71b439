/** What the simulated AWS hands to functions that follow a stream, and what they ask for, against AWS's models: no call of theirs is ever heard. */
import type { StreamRecord } from '../../../simulator/aws/dynamodb/stream.ts';
import type { Models } from './model.ts';
import { ValueJudge } from './value.ts';

const MAPPING = 'AWS::Lambda::EventSourceMapping';
/** In the place of what only a deployment knows, by the name of the member. */
const KNOWN_LATER: Readonly<Record<string, string>> = {
  EventSourceArn: 'arn:aws:dynamodb:eu-west-1:123456789012:table/Ledger/stream/2026-01-07T00:00:00.000',
  FunctionName: 'follower',
  Destination: 'arn:aws:sqs:eu-west-1:123456789012:discarded',
};

type Properties = Readonly<Record<string, unknown>>;
interface Template {
  readonly Resources: Readonly<Record<string, { readonly Type: string; readonly Properties?: Properties }>>;
}

/** Properties of the template's mappings that follow a table. */
export function mappingsOf(template: unknown): Properties[] {
  return Object.values((template as Template).Resources).flatMap(({ Type, Properties = {} }) =>
    Type === MAPPING && 'StartingPosition' in Properties ? [Properties] : [],
  );
}

/**
 * @returns what the models do not allow, each thing once. Lambda adds the stream's ARN to a record, and a template's tags are a list: both are left out, for the models know them otherwise
 */
export function judgeStreams(
  models: Models,
  records: readonly StreamRecord[],
  mappings: readonly Properties[],
): readonly string[] {
  const found = new Set<string>();
  const complain = (path: string, what: string) => found.add(`${path}: ${what}`);
  const ofRecords = new ValueJudge(models.of('dynamodbstreams'), complain);
  for (const { eventSourceARN: _, dynamodb, ...record } of records) {
    const ApproximateCreationDateTime = new Date(dynamodb.ApproximateCreationDateTime * 1000);
    const sent = { ...record, dynamodb: { ...dynamodb, ApproximateCreationDateTime } };
    ofRecords.judge(sent, { shape: 'Record' }, 'record');
  }
  const ofMappings = new ValueJudge(models.of('lambda'), complain);
  for (const { Tags: _, ...mapping } of mappings) {
    ofMappings.judge(resolved(mapping), { shape: 'CreateEventSourceMappingRequest' }, 'mapping');
  }
  return [...found];
}

function resolved(value: unknown, name = ''): unknown {
  if (Array.isArray(value)) return value.map((each) => resolved(each, name));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const isKnownLater = entries.length === 1 && /^(Ref|Fn::.+)$/.test(entries[0]?.[0] ?? '');
  return isKnownLater
    ? KNOWN_LATER[name]
    : Object.fromEntries(entries.map(([key, each]) => [key, resolved(each, key)]));
}
