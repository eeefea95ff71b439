import { describe, expect, test } from '@jest/globals';
import { stepRetry } from '../../../lambda/aws/durable.ts';
import { translated } from '../../../lambda/aws/errors.ts';
import { DeadlineExceeded } from '../../../lambda/core/world/clock.ts';

async function thrown(code: string, status = 400): Promise<Error> {
  const error = Object.assign(new Error('text of AWS'), { name: code, $metadata: { httpStatusCode: status } });
  return translated('do it', () => Promise.reject(error)).catch((e: Error) => e) as Promise<Error>;
}

/** Seconds that the pauses between the tries of a step come to. */
function patience(error: Error): number {
  let seconds = 0;
  for (let attempt = 1; stepRetry(error, attempt).shouldRetry; attempt++)
    seconds += stepRetry(error, attempt).delay.seconds;
  return seconds;
}

describe('a step that failed', () => {
  test.each([
    ['RequestLimitExceeded', 503],
    ['InternalError', 500],
    ['SomethingNew', 500],
    ['InvalidVolume.NotFound', 400],
  ])('%s is tried again, long enough to outlast a burst', async (code, status) => {
    expect(patience(await thrown(code, status))).toBeGreaterThanOrEqual(40);
  });

  test.each([
    'UnauthorizedOperation',
    'AccessDeniedException',
    'InvalidParameterValue',
    'ConditionalCheckFailedException',
    'InsufficientVolumeCapacity',
    'SomethingNew',
  ])('%s is not', async (code) => {
    expect(patience(await thrown(code))).toBe(0);
  });

  test('a wait that was not over in time is made once more', () => {
    expect(patience(new DeadlineExceeded('volume vol-1 available', 60, 'creating'))).toBe(1);
  });

  test("keeps AWS's error as its cause, and says what could not be done", async () => {
    const error = await thrown('VolumeInUse');
    expect(error).toMatchObject({
      kind: 'conflict',
      code: 'VolumeInUse',
      message: 'could not do it: VolumeInUse: text of AWS',
    });
    expect(error.cause).toMatchObject({ message: 'text of AWS' });
  });
});
