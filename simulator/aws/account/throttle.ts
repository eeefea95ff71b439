/**
 * EC2's request buckets, per account and Region: size and refill a second.
 * Source: docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
 */
interface Limit {
  readonly bucket: string;
  readonly size: number;
  readonly refill: number;
}

const VOLUMES: Limit = { bucket: 'CreateVolume', size: 100, refill: 5 };

function limit(operation: string): Limit {
  if (operation === 'CreateVolume' || operation === 'DeleteVolume') return { ...VOLUMES, bucket: operation };
  if (operation === 'CreateSnapshot' || operation === 'DeleteSnapshot') return { ...VOLUMES, bucket: operation };
  if (operation === 'CreateTags') return { bucket: operation, size: 100, refill: 10 };
  if (operation.startsWith('Describe')) return { bucket: 'non-mutating', size: 100, refill: 20 };
  return { bucket: 'mutating', size: 50, refill: 5 };
}

/** Token buckets in virtual time. */
export class Throttle {
  readonly #buckets = new Map<string, { tokens: number; at: number }>();

  /** Takes one token; `false` when the bucket is empty. `now` in milliseconds. */
  take(operation: string, now: number): boolean {
    const { bucket, size, refill } = limit(operation);
    const state = this.#buckets.get(bucket) ?? { tokens: size, at: now };
    const tokens = Math.min(size, state.tokens + ((now - state.at) / 1000) * refill);
    this.#buckets.set(bucket, { tokens: tokens >= 1 ? tokens - 1 : tokens, at: now });
    return tokens >= 1;
  }
}
