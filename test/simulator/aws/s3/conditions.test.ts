import { beforeEach, describe, expect, test } from '@jest/globals';
import { RACES, type Races } from '../../../../simulator/aws/s3/conditions.ts';
import { role, S3Lab } from './s3-lab.ts';

const NEW = { IfNoneMatch: '*' };

let lab: S3Lab;
beforeEach(() => {
  lab = new S3Lab();
});

/** Sends writes at these moments (seconds), and waits for all of them. @returns what came of each */
function race(...writes: readonly (readonly [at: number, operation: string, input: object])[]): Promise<string[]> {
  return lab.within(() =>
    Promise.all(
      writes.map(async ([at, operation, input]) => {
        await lab.clock.sleep(at * 1000);
        return lab.go(operation, { ...input }).then(
          () => 'ok',
          (error: Error) => error.name,
        );
      }),
    ),
  );
}

/** The next write of whatever key takes so long to have its effect (seconds). */
const slow = (seconds: number, operation = 'PutObject') =>
  lab.cloud.faults.mishaps.order({ service: 's3', operation, how: 'slow', times: 1, ms: seconds * 1000 });

describe('If-None-Match: *', () => {
  test('writes what is not there, and 412 says that it is there', async () => {
    expect(await lab.outcome('PutObject', { Key: 'a', Body: 'one', ...NEW })).toBe('ok');
    expect(await lab.outcome('PutObject', { Key: 'a', Body: 'two', ...NEW })).toBe('PreconditionFailed');
    await expect(lab.put('a', 'two', NEW)).rejects.toMatchObject({ $metadata: { httpStatusCode: 412 } });
    expect(await lab.text('a')).toBe('one');
    expect(await lab.outcome('PutObject', { Key: 'b', ...NEW })).toBe('ok');
  });

  test('writes again what was deleted, also where a marker says so', async () => {
    for (const properties of [{}, { VersioningConfiguration: { Status: 'Enabled' } }]) {
      lab = new S3Lab(properties);
      await lab.put('a');
      await lab.send('DeleteObject', { Key: 'a' });
      expect(await lab.outcome('PutObject', { Key: 'a', Body: 'two', ...NEW })).toBe('ok');
      expect(await lab.text('a')).toBe('two');
    }
  });

  test('knows nothing but *', async () => {
    expect(await lab.outcome('PutObject', { Key: 'a', IfNoneMatch: '"x"' })).toBe('NotImplemented');
  });
});

describe('If-Match', () => {
  test('writes over what is still as it was seen', async () => {
    const { ETag } = await lab.put('a', 'one');
    expect(await lab.outcome('PutObject', { Key: 'a', Body: 'two', IfMatch: ETag })).toBe('ok');
    expect(await lab.outcome('PutObject', { Key: 'a', Body: 'three', IfMatch: ETag })).toBe('PreconditionFailed');
    expect(await lab.text('a')).toBe('two');
  });

  test('of what is not there is a 404', async () => {
    await expect(lab.put('a', 'one', { IfMatch: '"x"' })).rejects.toMatchObject({
      ...{ name: 'NoSuchKey', $metadata: { httpStatusCode: 404 } },
    });
  });

  test('asks for leave to read as well', async () => {
    const { ETag } = await lab.put('a');
    const writer = role({ Action: 's3:PutObject' });
    expect(await lab.outcome('PutObject', { Key: 'a', ...NEW }, writer)).toBe('PreconditionFailed');
    expect(await lab.outcome('PutObject', { Key: 'a', IfMatch: ETag }, writer)).toBe('AccessDenied');
    const both = role({ Action: ['s3:PutObject', 's3:GetObject'] });
    expect(await lab.outcome('PutObject', { Key: 'a', IfMatch: ETag }, both)).toBe('ok');
  });

  test('of a read is a 412 where it is another', async () => {
    const { ETag } = await lab.put('a', 'one');
    expect(await lab.text('a', { IfMatch: ETag })).toBe('one');
    expect(await lab.text('a', { IfMatch: String(ETag).replaceAll('"', '') })).toBe('one');
    expect(await lab.text('a', { IfMatch: '"x"' })).toBe('PreconditionFailed');
  });
});

describe('two writes of one key', () => {
  test.each<[Races, string[]]>([
    [RACES.first, ['PreconditionFailed', 'ok']],
    [RACES.conflict, ['ok', 'ConditionalRequestConflict']],
  ])('that race: %s', async (races, ends) => {
    lab.s3.conditions.races = races;
    slow(30);
    // The first is still under way when the second would have its effect.
    const got = await race(
      [0, 'PutObject', { Key: 'a', Body: 'one', ...NEW }],
      [10, 'PutObject', { Key: 'a', Body: 'two', ...NEW }],
    );
    expect(got).toEqual(ends);
    expect(await lab.text('a')).toBe(ends[0] === 'ok' ? 'one' : 'two');
  });

  test('that race end either way, by the seed, unless a test says how', async () => {
    lab.s3.conditions.races = RACES.either;
    const ends: string[] = [];
    for (let n = 0; n < 20; n++) {
      slow(30);
      const key = { Key: `k${n}`, ...NEW };
      ends.push((await race([0, 'PutObject', key], [10, 'PutObject', key])).join(' '));
    }
    expect(new Set(ends)).toEqual(new Set(['PreconditionFailed ok', 'ok ConditionalRequestConflict']));
  });

  test('a conflict is over when the other one has ended, however it did', async () => {
    lab.s3.conditions.races = RACES.conflict;
    for (const how of ['answerLost', 'requestLost', 'errorBefore'] as const) {
      lab.cloud.faults.mishaps.order({ service: 's3', operation: 'PutObject', how, times: 1 });
      const ended = await race([0, 'PutObject', { Key: how, ...NEW }], [100, 'PutObject', { Key: how, ...NEW }]);
      expect(ended[1]).toBe(how === 'answerLost' ? 'PreconditionFailed' : 'ok');
    }
  });

  test('of different keys, or without a condition, do not meet', async () => {
    lab.s3.conditions.races = RACES.conflict;
    slow(30);
    const others: [number, string, object][] = [
      [10, 'PutObject', { Key: 'b', ...NEW }],
      [10, 'PutObject', { Key: 'a', Body: 'two' }],
    ];
    expect(await race([0, 'PutObject', { Key: 'a' }], ...others)).toEqual(['ok', 'ok', 'ok']);
  });

  test('a request that was lost stands in nobody’s way', async () => {
    lab.s3.conditions.races = RACES.conflict;
    lab.cloud.faults.mishaps.order({ service: 's3', how: 'requestLost', times: 1 });
    const [lost, next] = await race([0, 'PutObject', { Key: 'a', ...NEW }], [5, 'PutObject', { Key: 'a', ...NEW }]);
    expect([lost, next]).toEqual(['TimeoutError', 'ok']);
  });
});

describe('a delete that succeeds while a conditional write is under way', () => {
  test('makes a conflict of If-None-Match', async () => {
    await lab.put('a', 'one');
    slow(30);
    const ends = await race([0, 'PutObject', { Key: 'a', Body: 'two', ...NEW }], [10, 'DeleteObject', { Key: 'a' }]);
    expect(ends).toEqual(['ConditionalRequestConflict', 'ok']);
    await expect(lab.put('a', 'two', NEW)).resolves.toBeDefined();
  });

  test('makes a 404 of If-Match', async () => {
    const { ETag } = await lab.put('a', 'one');
    slow(30);
    const ends = await race([0, 'PutObject', { Key: 'a', IfMatch: ETag }], [10, 'DeleteObject', { Key: 'a' }]);
    expect(ends).toEqual(['NoSuchKey', 'ok']);
  });

  test('of what is not there is none', async () => {
    slow(30);
    const ends = await race([0, 'PutObject', { Key: 'a', ...NEW }], [10, 'DeleteObject', { Key: 'a' }]);
    expect(ends).toEqual(['ok', 'ok']);
  });
});

describe('a multipart upload', () => {
  const begin = async (Key: string) => {
    const { UploadId } = await lab.send('CreateMultipartUpload', { Key });
    const { ETag } = await lab.send('UploadPart', { Key, UploadId, PartNumber: 1, Body: 'parts' });
    return { Key, UploadId, MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] } };
  };

  test('that is not completed stands in nobody’s way, and finds the key taken', async () => {
    lab.s3.conditions.races = RACES.conflict;
    const upload = await begin('a');
    expect(await lab.outcome('PutObject', { Key: 'a', Body: 'one', ...NEW })).toBe('ok');
    expect(await lab.outcome('CompleteMultipartUpload', { ...upload, ...NEW })).toBe('PreconditionFailed');
    expect(await lab.text('a')).toBe('one');
    // It is still there, to be aborted.
    expect(await lab.outcome('AbortMultipartUpload', { Key: 'a', UploadId: upload.UploadId })).toBe('ok');
  });

  test('is completed where the key is free', async () => {
    expect(await lab.outcome('CompleteMultipartUpload', { ...(await begin('a')), ...NEW })).toBe('ok');
    expect(await lab.text('a')).toBe('parts');
  });

  test('that meets a conflict has to be done anew', async () => {
    const upload = await begin('a');
    await lab.put('a', 'one');
    slow(30, 'CompleteMultipartUpload');
    const ends = await race([0, 'CompleteMultipartUpload', { ...upload, ...NEW }], [10, 'DeleteObject', { Key: 'a' }]);
    expect(ends).toEqual(['ConditionalRequestConflict', 'ok']);
    expect(await lab.outcome('CompleteMultipartUpload', { ...upload, ...NEW })).toBe('ConditionalRequestConflict');
    expect(await lab.outcome('CompleteMultipartUpload', { ...(await begin('a')), ...NEW })).toBe('ok');
  });
});
