import type { Cloud } from '../account/cloud.ts';
import { bool, has, num, object, onlyKnown, type Properties, str, TemplateError } from '../cloudformation/template.ts';
import type { DynamoDb } from '../dynamodb/dynamodb.ts';
import type { StreamRecord } from '../dynamodb/stream.ts';
import type { Principal } from '../iam/account.ts';
import { missingForRole } from '../iam/role.ts';
import { filtersOf, fits, type Pattern } from './event-filter.ts';
import type { Lambda } from './lambda.ts';
import type { Sqs } from './sqs.ts';

/**
 * From a write to the function's beginning, milliseconds: 0.21 / 0.55 s of 1,024 messages in eu-west-1, in which the poll, four times a second, is
 * contained. Source: bitesizedserverless.com/bite/serverless-messaging-latency-compared; docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
 */
const DELIVERY = { median: 210, p99: 550 };
/** Of how many batches one is handed over twice: Lambda says "at least once", and no number. An own guess. */
const TWICE_OF = 20;
/** Before the first repetition; doubled for each further one. An own guess: no page says it. Milliseconds. */
const AGAIN_MS = 1000;
/** docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-eventsourcemapping.html, "Execution role permissions" */
const READS = ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'];
const LISTS = 'dynamodb:ListStreams';
const KNOWN = [
  ...['EventSourceArn', 'FunctionName', 'StartingPosition', 'BatchSize', 'BisectBatchOnFunctionError'],
  ...['MaximumRetryAttempts', 'MaximumRecordAgeInSeconds', 'DestinationConfig', 'FilterCriteria', 'Tags'],
];

interface Mapping {
  readonly id: string;
  readonly streamArn: string;
  readonly target: string;
  readonly role: Principal;
  readonly batch: number;
  readonly bisects: boolean;
  readonly retries: number;
  readonly maxAgeMs: number;
  /** Any of them fits. */
  readonly filters: readonly Pattern[] | undefined;
  readonly queue: string | undefined;
  /** Arrived, and handed to nobody yet. */
  readonly waiting: { readonly record: StreamRecord; readonly at: number }[];
  busy: boolean;
  /** When the newest arrives: a shard keeps its order. Unix milliseconds. */
  newest: number;
}
type Batch = Mapping['waiting'];

/** What Lambda reads out of streams of DynamoDB, and hands to functions. */
export class StreamMappings {
  readonly #cloud: Cloud;
  readonly #lambda: Lambda;
  readonly #dynamodb: DynamoDb;
  readonly #sqs: Sqs;
  readonly #random;

  constructor(parts: { cloud: Cloud; lambda: Lambda; dynamodb: DynamoDb; sqs: Sqs }) {
    this.#cloud = parts.cloud;
    this.#lambda = parts.lambda;
    this.#dynamodb = parts.dynamodb;
    this.#sqs = parts.sqs;
    this.#random = parts.cloud.random.stream('streams');
  }

  /** @returns the mapping's id. @throws TemplateError for what a mapping says and this does not know, and where the role may not read */
  map(id: string, p: Properties): string {
    onlyKnown(p, KNOWN);
    if (str(p, 'StartingPosition') !== 'TRIM_HORIZON')
      throw new TemplateError(p.path, 'the simulation knows the position TRIM_HORIZON alone');
    const target = this.#lambda.arnOf(str(p, 'FunctionName'));
    const mapping: Mapping = {
      id,
      target,
      role: this.#lambda.roleOf(target),
      streamArn: str(p, 'EventSourceArn'),
      batch: num(p, 'BatchSize', 100),
      bisects: bool(p, 'BisectBatchOnFunctionError', false),
      retries: num(p, 'MaximumRetryAttempts', -1),
      maxAgeMs: num(p, 'MaximumRecordAgeInSeconds', -1) * 1000,
      filters: filtersOf(p),
      queue: queueOf(p),
      waiting: [],
      busy: false,
      newest: 0,
    };
    if (mapping.retries < 0 || mapping.maxAgeMs < 0)
      throw new TemplateError(p.path, 'without bounds a record that fails holds up its shard for a day');
    const missing = this.#missing(mapping);
    if (missing) throw new TemplateError(p.path, `Cannot access stream ${mapping.streamArn}: ${missing}`);
    const { queue } = mapping;
    const unsent = queue === undefined ? undefined : this.#sqs.missingToSend(mapping.role, queue);
    if (unsent) throw new TemplateError(p.path, `the execution role cannot send to ${queue}: ${unsent}`);
    this.#dynamodb.stream(mapping.streamArn).readers.push((record) => this.#written(mapping, record));
    return id;
  }

  #missing({ role, streamArn }: Mapping): string | undefined {
    const context = { 'aws:RequestedRegion': this.#cloud.region, 'aws:PrincipalAccount': this.#cloud.account };
    for (const action of READS) {
      const missing = missingForRole(this.#cloud, role, { action, resources: [streamArn], context });
      if (missing) return missing;
    }
    return (
      missingForRole(this.#cloud, role, { action: LISTS, resources: ['*'], context }) ??
      this.#dynamodb.missingToFollow(streamArn, role)
    );
  }

  #written(mapping: Mapping, record: StreamRecord): void {
    if (mapping.filters && !mapping.filters.some((filter) => fits(filter, record))) return;
    const { clock } = this.#cloud;
    const at = clock.now();
    mapping.newest = Math.max(mapping.newest, at + this.#random.delay(DELIVERY));
    clock.at(mapping.newest, () => {
      if (this.#cloud.deleted.has(mapping.id)) return;
      mapping.waiting.push({ record, at });
      this.#begin(mapping);
    });
  }

  #begin(mapping: Mapping): void {
    if (mapping.busy || mapping.waiting.length === 0) return;
    mapping.busy = true;
    this.#cloud.clock.spawn(`stream of ${mapping.id}`, async () => {
      while (mapping.waiting.length > 0) {
        const denied = this.#missing(mapping);
        if (denied) {
          this.#cloud.say('lambda', `a stream is not read: ${denied}`);
          break;
        }
        const records = mapping.waiting.splice(0, mapping.batch);
        await this.#hand(mapping, records, 0);
        if (this.#random.whole(1, TWICE_OF) === 1) await this.#hand(mapping, records, mapping.retries);
      }
      mapping.busy = false;
    });
  }

  /** Splitting does not count as a repetition: docs.aws.amazon.com/lambda/latest/dg/services-ddb-errors.html */
  async #hand(mapping: Mapping, all: Batch, attempt: number): Promise<void> {
    const { clock } = this.#cloud;
    const records = all.filter(({ at }) => clock.now() - at <= mapping.maxAgeMs);
    if (records.length < all.length) this.#discard(mapping, all.length - records.length, 'RecordAgeExceeded');
    if (records.length === 0) return;
    try {
      await this.#lambda.invokeSync(mapping.target, { Records: structuredClone(records.map(({ record }) => record)) });
    } catch {
      if (mapping.bisects && records.length > 1) {
        const half = Math.ceil(records.length / 2);
        await this.#hand(mapping, records.slice(0, half), attempt);
        await this.#hand(mapping, records.slice(half), attempt);
      } else if (attempt < mapping.retries) {
        await clock.sleep(AGAIN_MS * 2 ** attempt);
        await this.#hand(mapping, records, attempt + 1);
      } else this.#discard(mapping, records.length, 'RetryAttemptsExhausted');
    }
  }

  #discard({ queue, role, streamArn, id }: Mapping, batchSize: number, condition: string): void {
    this.#cloud.say('lambda', `${id}: ${batchSize} of a stream's records are discarded: ${condition}`);
    if (queue === undefined) return;
    const body = { requestContext: { condition }, DDBStreamBatchInfo: { batchSize, streamArn } };
    this.#sqs.send(role, queue, JSON.stringify(body));
  }
}

function queueOf(p: Properties): string | undefined {
  if (!has(p, 'DestinationConfig')) return undefined;
  return str(object(object(p, 'DestinationConfig'), 'OnFailure'), 'Destination');
}
