import type { Cloud } from '../account/cloud.ts';
import type { Item } from './expressions.ts';

/** As Lambda hands it to a function: docs.aws.amazon.com/lambda/latest/dg/with-ddb.html, its example. */
export interface StreamRecord {
  readonly eventID: string;
  readonly eventName: 'INSERT' | 'MODIFY';
  readonly eventVersion: '1.1';
  readonly eventSource: 'aws:dynamodb';
  readonly awsRegion: string;
  readonly eventSourceARN: string;
  readonly dynamodb: {
    /** Whole seconds since 1970, rounded down: API reference of StreamRecord. */
    readonly ApproximateCreationDateTime: number;
    readonly Keys: Item;
    readonly NewImage: Item;
    readonly SequenceNumber: string;
    readonly SizeBytes: number;
    readonly StreamViewType: 'NEW_IMAGE';
  };
}

/** What was written to a table, in its order. Simplified: one shard, which never ends. */
export class TableStream {
  readonly arn: string;
  /** Hears of each record at once; when Lambda does is Lambda's to say. */
  readonly readers: ((record: StreamRecord) => void)[] = [];
  readonly #cloud: Cloud;
  #number = 0;

  /** @throws Error for records of another kind than new images */
  constructor(cloud: Cloud, table: string, view: string) {
    if (view !== 'NEW_IMAGE') throw new Error(`${table}: the simulation knows streams of NEW_IMAGE, got ${view}`);
    this.#cloud = cloud;
    const label = new Date(cloud.clock.now()).toISOString().replace('Z', '');
    this.arn = `arn:${cloud.partition}:dynamodb:${cloud.region}:${cloud.account}:table/${table}/stream/${label}`;
  }

  /**
   * What changes nothing makes no record: docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html
   * @param keys names of the key's attributes
   */
  write(keys: readonly string[], before: Item | undefined, NewImage: Item): void {
    if (before && sorted(before) === sorted(NewImage)) return;
    this.#number++;
    const Keys = Object.fromEntries(Object.entries(NewImage).filter(([name]) => keys.includes(name)));
    const record: StreamRecord = {
      eventID: String(this.#number).padStart(32, '0'),
      eventName: before ? 'MODIFY' : 'INSERT',
      eventVersion: '1.1',
      eventSource: 'aws:dynamodb',
      awsRegion: this.#cloud.region,
      eventSourceARN: this.arn,
      dynamodb: {
        ApproximateCreationDateTime: Math.floor(this.#cloud.clock.now() / 1000),
        Keys,
        NewImage,
        SequenceNumber: String(this.#number).padStart(21, '0'),
        SizeBytes: sorted(NewImage).length,
        StreamViewType: 'NEW_IMAGE',
      },
    };
    for (const reader of this.readers) reader(record);
  }
}

function sorted(item: Item): string {
  return JSON.stringify(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)));
}
