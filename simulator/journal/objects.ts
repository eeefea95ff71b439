import { journalKey, journalPrefix, JOURNAL_METADATA as KEY } from '../../contract/journal.ts';
import type { PutAnswer, Signature } from '../../journal/protocol.ts';
import type { Cloud } from '../aws/account/cloud.ts';
import { ServiceError } from '../aws/account/service-error.ts';
import type { Principal } from '../aws/iam/account.ts';

/** For how long an agent waits for an answer of S3. Milliseconds. */
const TIMEOUT_MS = 2000;
const ASLEEP_MS = 1000;

/** S3 gave no answer that says anything of the object. */
export const SILENT = 'silent';

/** Whether anything of the agent runs: `off`: its memory is gone. */
export type Life = 'runs' | 'sleeps' | 'off';

/** Which volume of which content volume, on which host. */
export interface Place {
  readonly instanceId: string;
  readonly volume: string;
  readonly volumeId: string;
}

export function keyOf({ instanceId, volumeId }: Pick<Place, 'instanceId' | 'volumeId'>): string {
  return `${instanceId} ${volumeId}`;
}

/** The agent was killed, or its host is off: whatever it was about to do, it does not. */
export class AgentDead extends Error {
  override readonly name = 'AgentDead';
}

export interface FoundObject {
  readonly signature: Signature;
  readonly bytes: Uint8Array;
}

/** Whose objects: of one content volume, in the bucket that the agent was given. */
export interface Shelf {
  readonly bucket: string;
  readonly volume: string;
  /** Hears that a write was tried, whatever became of it. */
  readonly tried?: () => void;
}

/** The objects of a journal as an agent on a host reaches them: one request, one answer, no retry. All throw {@link AgentDead}. */
export class JournalObjects {
  readonly #cloud: Cloud;
  readonly #caller: () => Principal;
  readonly #shelf: Shelf;
  readonly #life: () => Life;

  constructor(cloud: Cloud, caller: () => Principal, shelf: Shelf, life: () => Life) {
    this.#cloud = cloud;
    this.#caller = caller;
    this.#shelf = shelf;
    this.#life = life;
  }

  /** The same, for an agent that was started anew. */
  of(life: () => Life): JournalObjects {
    return new JournalObjects(this.#cloud, this.#caller, this.#shelf, life);
  }

  async put(number: number, bytes: Uint8Array, { term, writer, run, sum, kind }: Signature): Promise<PutAnswer> {
    const Metadata = {
      [KEY.term]: String(term),
      [KEY.writer]: writer,
      [KEY.run]: String(run),
      [KEY.sum]: sum,
      [KEY.kind]: kind,
    };
    // Not asked within: a number that is none would be taken for silence.
    const object = this.#object(number);
    try {
      await this.#send('PutObject', { ...object, Body: bytes, IfNoneMatch: '*', Metadata });
      return 'written';
    } catch (error) {
      if (error instanceof AgentDead) throw error;
      if (!(error instanceof ServiceError)) return 'unheard';
      return error.name === 'PreconditionFailed' ? 'taken' : 'busy';
    } finally {
      this.#shelf.tried?.();
    }
  }

  /** @returns `undefined`: nothing is there */
  async look(number: number): Promise<Signature | undefined | typeof SILENT> {
    const found = await this.#read('HeadObject', number);
    return found && found !== SILENT ? signatureOf(found) : found;
  }

  /** @returns as {@link look} */
  async get(number: number): Promise<FoundObject | undefined | typeof SILENT> {
    const found = await this.#read('GetObject', number);
    if (!found || found === SILENT) return found;
    return { signature: signatureOf(found), bytes: (found as { readonly Body: Uint8Array }).Body };
  }

  /** It is there, and S3 does not say that its time is over: docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html ("Expiration") */
  async isKept(number: number): Promise<boolean | typeof SILENT> {
    if (number === 0) return false;
    const found = await this.#read('HeadObject', number);
    if (found === SILENT) return SILENT;
    const { Expiration } = (found ?? {}) as { readonly Expiration?: string };
    const ends = Date.parse(Expiration?.split('"')[1] ?? '');
    return found !== undefined && !(ends <= this.#cloud.clock.now());
  }

  /** The lowest number that is there, from this one on. @returns as {@link look} */
  async first(from: number): Promise<number | undefined | typeof SILENT> {
    const { bucket, volume } = this.#shelf;
    const prefix = journalPrefix(volume);
    const after = from > 1 ? { StartAfter: journalKey(volume, from - 1) } : {};
    for (let token: string | undefined; ; ) {
      const page = { MaxKeys: 1, ...(token === undefined ? after : { ContinuationToken: token }) };
      try {
        const found = await this.#send('ListObjectsV2', { Bucket: bucket, Prefix: prefix, ...page });
        const { Contents = [], NextContinuationToken } = found as {
          readonly Contents?: readonly { readonly Key: string }[];
          readonly NextContinuationToken?: string;
        };
        if (Contents[0]) return Number(Contents[0].Key.slice(prefix.length));
        if (NextContinuationToken === undefined) return undefined;
        token = NextContinuationToken;
      } catch (error) {
        if (error instanceof AgentDead) throw error;
        return SILENT;
      }
    }
  }

  async #read(operation: string, number: number): Promise<object | undefined | typeof SILENT> {
    const object = this.#object(number);
    try {
      return await this.#send(operation, object);
    } catch (error) {
      if (error instanceof AgentDead) throw error;
      return error instanceof ServiceError && error.$metadata.httpStatusCode === 404 ? undefined : SILENT;
    }
  }

  /** @throws RangeError where no object has such a number */
  #object(number: number): { readonly Bucket: string; readonly Key: string } {
    const { bucket, volume } = this.#shelf;
    return { Bucket: bucket, Key: journalKey(volume, number) };
  }

  async #send(operation: string, input: Readonly<Record<string, unknown>>): Promise<object> {
    await this.#awake();
    const answer = this.#cloud.call(this.#caller(), 's3', operation, input, { timeoutMs: TIMEOUT_MS });
    return answer.finally(() => this.#awake());
  }

  /** Waits while the host does nothing. */
  async #awake(): Promise<void> {
    while (this.#life() === 'sleeps') await this.#cloud.clock.sleep(ASLEEP_MS);
    if (this.#life() === 'off') throw new AgentDead();
  }
}

function signatureOf(found: object): Signature {
  const { Metadata = {} } = found as { readonly Metadata?: Readonly<Record<string, string>> };
  const { [KEY.writer]: writer = '', [KEY.sum]: sum = '', [KEY.kind]: kind } = Metadata;
  if (kind !== 'segment' && kind !== 'seal') throw new Error(`an object of the journal is of no kind: ${kind}`);
  return { term: Number(Metadata[KEY.term]), writer, run: Number(Metadata[KEY.run]), sum, kind };
}
