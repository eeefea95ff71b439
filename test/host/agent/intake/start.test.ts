import { expect, test } from '@jest/globals';
import { doneText, keyOfAnswer } from '../../../../host/agent/intake/answer.ts';
import type { Courses } from '../../../../host/agent/intake/courses.ts';
import { owed } from '../../../../host/agent/intake/start.ts';
import type { Held, Stamp } from '../../../../intake/decide.ts';
import { MemoryBucket } from './memory-bucket.ts';

const KEY = 'intake/alpha/course.zip';

/** A course that was uploaded twice, and taken in each time. */
function uploadedTwice() {
  const bucket = new MemoryBucket();
  const sends = (): Stamp => ({ key: KEY, version: bucket.upload(KEY, `${bucket.clock}`), modified: bucket.clock });
  const says = (to: Stamp) => bucket.answer(keyOfAnswer('alpha', to), doneText('alpha', to, 1, undefined));
  const hides = async () => {
    for await (const one of [...((await versions()) ?? [])].slice(0, 1))
      if (!one.marker) await bucket.hide(KEY, one.etag);
  };
  const versions = async () => {
    const page = await bucket.versions(KEY);
    return page.heard ? page.found.items : [];
  };
  const owes = async (held: Held) => {
    const courses = { held: async () => held, noted: async () => ['course'] } as Partial<Courses> as Courses;
    const again = () => Promise.reject(new Error('asked again'));
    const found: string[] = [];
    for await (const { version } of owed({ volume: 'alpha', store: bucket, courses, again, now: () => bucket.clock }))
      found.push(version);
    return found;
  };
  return { sends, says, hides, owes };
}

test.each([true, false])(
  'what is here and was not hidden brings nothing older back; answered: %s',
  async (answered) => {
    const { sends, says, hides, owes } = uploadedTwice();
    const older = sends();
    await says(older);
    await hides();
    const newer = sends();
    if (answered) await says(newer);
    expect(await owes({ carried: newer, noted: newer })).toEqual([]);
    expect(await owes({ carried: newer, noted: older })).toEqual([]);
    expect(await owes({ carried: undefined, noted: newer })).toEqual([]);
  },
);

test('what was answered and is not here is owed: what waits may be refused', async () => {
  const { sends, says, hides, owes } = uploadedTwice();
  const older = sends();
  await says(older);
  await hides();
  expect(await owes({ carried: undefined, noted: undefined })).toEqual([older.version]);
  sends();
  expect(await owes({ carried: undefined, noted: undefined })).toEqual([older.version]);
  expect(await owes({ carried: older, noted: older })).toEqual([]);
});
