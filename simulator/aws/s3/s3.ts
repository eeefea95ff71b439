import { createHash } from 'node:crypto';
import type { Call } from '../account/call.ts';
import type { Cloud } from '../account/cloud.ts';
import { OUTAGE, unavailable } from '../account/outages.ts';
import { has, type Properties, str } from '../cloudformation/template.ts';
import type { Gateways } from '../fleet/gateways.ts';
import type { Principal } from '../iam/account.ts';
import { ResourcePolicy } from '../iam/resource-policies.ts';
import { bucketArn } from '../iam/s3.ts';
import { Access } from './access.ts';
import { Bucket } from './bucket.ts';
import { checkName, isPublic, PLAIN_BUCKET, readBucket } from './buckets.ts';
import { Conditions } from './conditions.ts';
import { etagOf } from './encryption.ts';
import { s3Error } from './errors.ts';
import { listing } from './listing.ts';
import type { BucketSettings, Surroundings } from './model.ts';
import { multipart } from './multipart.ts';
import { objects } from './objects.ts';
import { Published } from './published.ts';
import { uploadListing } from './uploads.ts';
import { versionListing } from './versions.ts';

const LONGEST_NAME = 63;
const SUM_DIGITS = 8;

/**
 * The simulated S3: buckets of one account, in one Region. It is strict: an operation, a member or a property that it does not know is an
 * error by name. What goes wrong with its calls on purpose: `account/mishaps.ts` and `account/outages.ts`; what becomes of writes that race:
 * `conditions`.
 */
export class S3 {
  readonly published: Published;
  readonly conditions: Conditions;
  /** How much later than they say lifecycle rules are done. Milliseconds. */
  lifecycleLagMs = 0;
  readonly #cloud: Cloud;
  readonly #buckets = new Map<string, Bucket>();
  readonly #world: Surroundings;
  readonly #access: Access;
  readonly #operations: ReturnType<typeof objects>;

  /** @param assets directory of the cloud assembly */
  constructor(cloud: Cloud, assets: string, gateways: Gateways) {
    this.#cloud = cloud;
    this.published = new Published(cloud, assets, gateways);
    this.conditions = new Conditions(cloud);
    const ids = cloud.random.stream('s3 ids');
    const newId = () => ids.hex(32);
    this.#world = { now: () => cloud.clock.now(), newId, lag: () => this.lifecycleLagMs };
    const access = new Access(cloud, gateways, (name) => this.#buckets.get(name));
    this.#access = access;
    const bucket = (name: unknown) => this.bucket(String(name));
    const room = { cloud, access, conditions: this.conditions, bucket, newId };
    cloud.judge('s3', (call) => access.must(call));
    const lists = { ...listing(room), ...versionListing(room), ...uploadListing(room) };
    this.#operations = objects(room);
    cloud.offer('s3', { ...this.#operations, ...lists, ...multipart(room) });
  }

  /** @throws ServiceError NoSuchBucket */
  bucket(name: string): Bucket {
    const found = this.#buckets.get(name);
    if (!found) throw s3Error('NoSuchBucket', 'The specified bucket does not exist');
    return found;
  }

  /** @throws Error where there is one of that name */
  create(name: string, settings: BucketSettings = PLAIN_BUCKET): Bucket {
    if (this.#buckets.has(name)) throw new Error(`BucketAlreadyOwnedByYou: there is a bucket ${name}`);
    const bucket = new Bucket(name, bucketArn(name, this.#cloud), settings, this.#world);
    this.#buckets.set(name, bucket);
    return bucket;
  }

  /**
   * A bucket of a template. CloudFormation makes up a name from those of stack and resource.
   * @param id what its name is made of, where it has none
   */
  define(id: string, p: Properties): Bucket {
    const settings = readBucket(p);
    return this.create(has(p, 'BucketName') ? checkName(str(p, 'BucketName'), p.path) : nameFor(id), settings);
  }

  /** Its settings are changed in place: what is in it stays as it is. */
  redefine(name: string, p: Properties): void {
    this.bucket(name).settings = readBucket(p);
  }

  /** @throws TemplateError for what the simulation does not know; Error where the bucket takes no public policy */
  setPolicy(name: string, document: unknown, path: string): void {
    const bucket = this.bucket(name);
    const policy = new ResourcePolicy(document, path);
    if (bucket.settings.blocksPublicPolicy && isPublic(policy))
      throw new Error('AccessDenied: public policies are blocked by the BlockPublicPolicy block public access setting');
    bucket.policy = policy;
  }

  removePolicy(name: string): void {
    this.bucket(name).policy = undefined;
  }

  /** @throws Error for one that is not empty: docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucket.html */
  delete(name: string): void {
    if (!this.bucket(name).empty) throw new Error('BucketNotEmpty: The bucket you tried to delete is not empty');
    this.#buckets.delete(name);
  }

  /**
   * PutObject at once, for whom nobody waits: what a tool on a host has sent.
   * @throws ServiceError what S3 would have answered
   */
  send(
    principal: Principal,
    input: { readonly Bucket: string; readonly Key: string; readonly Body: Uint8Array },
  ): void {
    const { outages } = this.#cloud.faults;
    const sentAt = this.#cloud.clock.now();
    const out = outages.of('s3', sentAt);
    if (out !== undefined && out !== OUTAGE.slow) throw unavailable('s3');
    const call: Call = { principal, service: 's3', operation: 'PutObject', input, sentAt };
    this.#access.must(call);
    this.#operations.PutObject?.(input, principal, call);
  }

  /**
   * A service of AWS writes an object. Whether the bucket's policy lets it is not looked at, and a bucket that no template here has made
   * is taken to be there: it is another stack's.
   */
  deliver(name: string, key: string, text = ''): void {
    const bytes = Buffer.from(text);
    const { encryption } = PLAIN_BUCKET;
    const what = { bytes, metadata: {}, contentType: 'text/plain', checksum: undefined, encryption };
    this.#buckets.get(name)?.put(key, { ...what, etag: etagOf(bytes, encryption, '') });
  }
}

/** Small letters, and not too long: docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
function nameFor(id: string): string {
  const name = `bucket-${id}`.toLowerCase();
  if (name.length <= LONGEST_NAME) return name;
  const sum = createHash('sha256').update(name).digest('hex').slice(0, SUM_DIGITS);
  return `${name.slice(0, LONGEST_NAME - SUM_DIGITS - 1)}-${sum}`;
}
