import { beforeEach, describe, expect, test } from '@jest/globals';
import { PART, type Sending, type Source } from '../../operator/aws/parts.ts';
import { s3Uploads } from '../../operator/aws/uploads.ts';
import { CLIENT_SETTINGS, simulatedAws } from '../../simulator/aws/account/sdk.ts';
import type { Principal } from '../../simulator/aws/iam/account.ts';
import { ANYONE } from '../simulator/aws/lab.ts';
import { BUCKET, role, S3Lab } from '../simulator/aws/s3/s3-lab.ts';

const KEY = 'intake/alpha/one.zip';
const rivals = { prefix: 'intake/alpha/one', is: (key: string) => [KEY, 'intake/alpha/one.sha256'].includes(key) };
const TARGET = { bucket: BUCKET, key: KEY, rivals };
const PARTS = 5;
const LAST = 1000;
const SIZE = (PARTS - 1) * PART + LAST;
const DAY = 24 * 3600;
const Rules = [{ Id: 'abort', Status: 'Enabled', AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } }];

/** Each part is of another byte. @param changed parts that are otherwise */
const content = (size = SIZE, changed: readonly number[] = []) => {
  const bytes = new Uint8Array(size);
  for (let n = 1; (n - 1) * PART < size; n++) bytes.fill(changed.includes(n) ? 100 + n : n, (n - 1) * PART, n * PART);
  return bytes;
};

let lab: S3Lab;
let calls: string[];
beforeEach(() => {
  lab = new S3Lab({ VersioningConfiguration: { Status: 'Enabled' }, LifecycleConfiguration: { Rules } }, false);
  calls = [];
  lab.cloud.witness = ({ operation, error }) => void calls.push(error ? `${operation}: ${error}` : operation);
});

const sent = () => calls.filter((call) => call === 'UploadPart').length;

/** What it was told, and the error that ended it. */
interface Ended {
  readonly told: string[];
  readonly error?: string;
}
interface How {
  readonly bytes?: Uint8Array;
  readonly as?: Principal;
  /** Before that part is read to be sent, or compared. */
  readonly at?: (part: number) => unknown;
}

/** From within virtual time. */
async function go({ bytes = content(), as = ANYONE, at }: How = {}): Promise<Ended> {
  const told: string[] = [];
  const sending: Sending = {
    begins: (had, until) => told.push(`begins with ${had / PART}, until ${until?.toISOString() ?? 'ever'}`),
    anew: (why) => told.push(why),
    sent: () => {},
    completes: () => {},
  };
  const source: Source = {
    size: bytes.length,
    async read(from, length) {
      await at?.(from / PART + 1);
      return bytes.slice(from, from + length);
    },
  };
  const clients = { ...CLIENT_SETTINGS, region: lab.cloud.region };
  const uploads = s3Uploads({ clients, prepare: simulatedAws(lab.cloud, as) });
  try {
    await uploads.upload(TARGET, source, sending);
    return { told };
  } catch (error) {
    return { told, error: (error as Error).message };
  }
}
async function upload(how?: How): Promise<Ended> {
  calls = [];
  return lab.within(() => go(how));
}
const cutAt = (n: number) => (part: number) => {
  if (part === n) throw new Error('cut off');
};
/** So many parts are there, and a second has passed. */
async function cutOff(parts: number, bytes?: Uint8Array): Promise<void> {
  const { error } = await upload({ at: cutAt(parts + 1), ...(bytes && { bytes }) });
  expect(error).toContain('cut off');
  await lab.pass(1);
}

async function stored(): Promise<Buffer> {
  const { Body } = await lab.send('GetObject', { Key: KEY });
  return Buffer.from(Body as Uint8Array);
}
async function expectStored(bytes = content()): Promise<void> {
  expect((await stored()).equals(bytes)).toBe(true);
}
const unfinished = async (): Promise<string[]> => {
  const { Uploads = [] } = await lab.send('ListMultipartUploads', { Prefix: KEY });
  return (Uploads as { readonly UploadId: string }[]).map(({ UploadId }) => UploadId);
};

const UNTIL = 'until 2026-01-09T00:00:00.000Z';
const OTHER = 'What S3 has of a try before is of other bytes: it begins anew';
const NEWER = 'What S3 has of a try before was begun before the newest upload of this course: it begins anew';

describe('an upload that was cut off goes on', () => {
  test.each([1, 2, 3, 4])('with the part that S3 does not have, where it has %d', async (parts) => {
    await cutOff(parts);
    expect(sent()).toBe(parts);
    const { told, error } = await upload();
    expect({ told, error }).toEqual({ told: [`begins with ${parts}, ${UNTIL}`], error: undefined });
    expect(sent()).toBe(PARTS - parts);
    expect(calls.filter((call) => call === 'ListParts')).toHaveLength(Math.ceil(parts / 2));
    expect(calls).not.toContain('CreateMultipartUpload');
    await expectStored();
    expect(await unfinished()).toEqual([]);
  });

  test('again and again, and where nothing is left to send', async () => {
    await cutOff(1);
    await cutOff(3);
    // The call that completes it never arrives, as often as it is tried.
    lab.cloud.faults.mishaps.order({ service: 's3', operation: 'CompleteMultipartUpload', how: 'throttled', times: 6 });
    expect((await upload()).error).toContain('SlowDown');
    const { told } = await upload();
    expect(told).toEqual([`begins with ${SIZE / PART}, ${UNTIL}`]);
    expect(sent()).toBe(0);
    await expectStored();
  });

  test('with the newest of several that have the same bytes, and never with that of another key', async () => {
    const longer = { Key: `${KEY}.zip`, ChecksumAlgorithm: 'SHA256' };
    for (const Key of [KEY, KEY, KEY, longer.Key]) await lab.send('CreateMultipartUpload', { ...longer, Key });
    const { UploadId } = await lab.send('CreateMultipartUpload', longer);
    const Body = content().subarray(0, PART);
    await lab.send('UploadPart', { ...longer, UploadId, PartNumber: 1, Body });
    await lab.pass(1);
    expect((await upload({ at: cutAt(1) })).told).toEqual([`begins with 0, ${UNTIL}`]);
    expect(calls.filter((call) => call.includes(': '))).toEqual([]);
    await cutOff(2);
    expect((await upload()).told).toEqual([`begins with 2, ${UNTIL}`]);
    await expectStored();
    expect(await lab.text(longer.Key)).toBe('NoSuchKey');
  });
});

describe('what S3 has is not taken', () => {
  test.each([
    ['the first part is of other bytes', content(SIZE, [1]), 2],
    ['the second part is of other bytes', content(SIZE, [2]), 2],
    ['it ends elsewhere', content(SIZE + PART), 5],
    ['it is shorter', content(PART + LAST), 3],
  ])('where %s', async (_, bytes, parts) => {
    await cutOff(parts - 1);
    if (parts === PARTS) {
      lab.cloud.faults.mishaps.order({
        service: 's3',
        operation: 'CompleteMultipartUpload',
        how: 'throttled',
        times: 6,
      });
      await upload();
    }
    const before = await unfinished();
    if (parts < 3) await cutOff(parts);
    const { told, error } = await upload({ bytes });
    expect({ told, error }).toEqual({ told: [OTHER, `begins with 0, ${UNTIL}`], error: undefined });
    await expectStored(bytes);
    expect(await unfinished()).toEqual(before);
  });

  test('where it has no sum of its parts to go by, or none', async () => {
    const { UploadId } = await lab.send('CreateMultipartUpload', { Key: KEY });
    await lab.send('UploadPart', { Key: KEY, UploadId, PartNumber: 1, Body: content().subarray(0, PART) });
    await lab.send('CreateMultipartUpload', { Key: KEY, ChecksumAlgorithm: 'SHA256' });
    await lab.pass(1);
    expect((await upload()).told).toEqual([`begins with 0, ${UNTIL}`]);
    await expectStored();
  });

  test.each([
    ['was uploaded', KEY],
    ['was uploaded in another form', 'intake/alpha/one.sha256'],
  ])('where something newer %s since, whatever became of it', async (_, key) => {
    await cutOff(2);
    await lab.put(key, 'newer');
    await lab.pass(60);
    expect((await upload()).told).toEqual([NEWER, `begins with 0, ${UNTIL}`]);
    await expectStored();
  });

  test('where what was there is hidden since', async () => {
    await lab.put(KEY, 'older');
    await lab.pass(60);
    await cutOff(2);
    await lab.send('DeleteObject', { Key: KEY });
    expect((await upload()).told).toEqual([NEWER, `begins with 0, ${UNTIL}`]);
    await expectStored();
  });

  test('but what another course has is nobody’s rival, nor what was there before', async () => {
    await lab.put(KEY, 'older');
    for (const n of [1, 2, 3]) await lab.put(`intake/alpha/one${n}.zip`, 'another');
    await lab.pass(60);
    await cutOff(2);
    await lab.put('intake/alpha/one4.zip', 'another');
    expect((await upload()).told).toEqual([`begins with 2, ${UNTIL}`]);
    await expectStored();
  });

  test('once its days are over', async () => {
    await cutOff(2);
    await lab.pass(2 * DAY);
    expect((await upload()).told).toEqual(['begins with 0, until 2026-01-11T00:00:00.000Z']);
    await expectStored();
  });
});

describe('who may not ask what S3 has uploads all of it, and is told', () => {
  const WRITES = 's3:PutObject';
  const ASKS = ['s3:ListBucketMultipartUploads', 's3:ListBucketVersions', 's3:ListMultipartUploadParts'];
  test.each([[ASKS], ...ASKS.map((action) => [[action]])])('without %j', async (lacking) => {
    await cutOff(2);
    const as = role({ Action: [WRITES, ...ASKS.filter((action) => !lacking.includes(action))] });
    const { told, error } = await upload({ as });
    expect(error).toBeUndefined();
    expect(told).toEqual([
      `Whether S3 has some of it from a try before could not be asked: writer is not authorized to perform: ${lacking[0]}`,
      `begins with 0, ${UNTIL}`,
    ]);
    await expectStored();
  });

  test('and whoever may does it with these', async () => {
    await cutOff(2);
    expect((await upload({ as: role({ Action: [WRITES, ...ASKS] }) })).told).toEqual([`begins with 2, ${UNTIL}`]);
  });
});

describe('what comes in between', () => {
  const GONE = 'S3 has nothing of it in parts any more: another try completed it, or its days were over';
  const AGAIN = 'Another try has sent a part of it once more, and S3 is asked again which it has';
  const abort = async () => {
    const [UploadId] = await unfinishedNow();
    await lab.go('AbortMultipartUpload', { Key: KEY, UploadId });
  };
  const unfinishedNow = async () => {
    const { Uploads = [] } = await lab.go('ListMultipartUploads', { Prefix: KEY });
    return (Uploads as { readonly UploadId: string }[]).map(({ UploadId }) => UploadId);
  };
  /** Once. */
  const once = (n: number, run: () => Promise<unknown>) => {
    let left = true;
    return async (part: number) => {
      if (part !== n || !left) return;
      left = false;
      await run();
    };
  };

  test('if it is dropped meanwhile, begins anew', async () => {
    await cutOff(2);
    const { told, error } = await upload({ at: once(4, abort) });
    expect({ told, error }).toEqual({
      told: [`begins with 2, ${UNTIL}`, GONE, `begins with 0, ${UNTIL}`],
      error: undefined,
    });
    await expectStored();
  });

  test('if it is dropped as it is looked at, is left at that', async () => {
    await cutOff(2);
    lab.cloud.faults.mishaps.order({ service: 's3', operation: 'ListParts', how: 'slow', times: 1, ms: 8000 });
    const run = async () => {
      const going = go();
      await lab.clock.sleep(4000);
      await abort();
      return going;
    };
    expect((await lab.within(run)).told).toEqual([`begins with 0, ${UNTIL}`]);
    await expectStored();
  });

  test('if somebody replaces a part, is never a mix of two contents', async () => {
    await cutOff(2);
    const replace = async () => {
      const [UploadId] = await unfinishedNow();
      const part = { Key: KEY, UploadId, PartNumber: 1, ChecksumAlgorithm: 'SHA256' };
      await lab.go('UploadPart', { ...part, Body: content(SIZE, [1]).subarray(0, PART) });
    };
    const { told } = await upload({ at: once(5, replace) });
    expect(told).toEqual([`begins with 2, ${UNTIL}`, AGAIN, OTHER, `begins with 0, ${UNTIL}`]);
    await expectStored();
  });

  test('if S3 completed it and its answer was lost, is uploaded once more', async () => {
    await cutOff(2);
    lab.cloud.faults.mishaps.order({
      service: 's3',
      operation: 'CompleteMultipartUpload',
      how: 'errorAfter',
      times: 1,
    });
    expect((await upload()).told).toEqual([`begins with 2, ${UNTIL}`, GONE, `begins with 0, ${UNTIL}`]);
    await expectStored();
  });

  test('ends with the error where something comes in between each time', async () => {
    const { told, error } = await upload({ at: (part) => (part === 4 ? abort() : undefined) });
    expect(told.filter((line) => line === GONE)).toHaveLength(2);
    expect(error).toMatch(/^could not upload intake\/alpha\/one\.zip: NoSuchUpload: /);
  });

  test.each([
    ['of the same bytes', content()],
    ['of other bytes', content(SIZE, [1, 2, 3, 4, 5])],
  ])('another one at once, %s, ends well, and each version is whole', async (_, bytes) => {
    await cutOff(2);
    const run = () => Promise.all([go({ at: (part) => lab.clock.sleep(part * 40) }), go({ bytes })]);
    for (const { error } of await lab.within(run)) expect(error).toBeUndefined();
    const { Versions = [] } = await lab.send('ListObjectVersions', { Prefix: KEY });
    const wholes = [content(), bytes];
    for (const { VersionId } of Versions as { readonly VersionId: string }[]) {
      const { Body } = await lab.send('GetObject', { Key: KEY, VersionId });
      expect(wholes.some((whole) => Buffer.from(Body as Uint8Array).equals(whole))).toBe(true);
    }
    expect((Versions as object[]).length).toBe(2);
  });
});
