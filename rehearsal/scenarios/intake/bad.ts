/** Uploads that cannot be taken in: what is wrong with each, by the code that is to be answered. */
import { intakePrefix } from '../../../contract/intake.ts';
import { type Acknowledged, type Member, put, zipOf } from '../../world/uploads.ts';
import type { World } from '../../world/world.ts';

export interface Bad {
  readonly course: string;
  readonly code: string;
  readonly body: Uint8Array;
  /** @default `.zip` */
  readonly end?: string;
}

const bytes = (text: string) => Buffer.from(text);
const member = (path: string, more: Partial<Member> = {}): Member => ({ path, bytes: bytes('x'), ...more });
const zipped = (course: string, code: string, ...members: readonly Member[]): Bad => ({
  ...{ course, code },
  body: zipOf([member('index.html'), ...members]),
});
const GIB = 2 ** 30;

export const BAD: readonly Bad[] = [
  { course: 'no-zip', code: 'notZip', body: bytes('<html></html>') },
  { course: 'cut-off', code: 'truncated', body: zipOf([member('index.html')]).slice(0, -30) },
  { course: 'nothing', code: 'empty', body: zipOf([]) },
  zipped('parent', 'outside', member('../../etc/passwd')),
  zipped('absolute', 'outside', member('/etc/passwd')),
  zipped('windows', 'outside', member('C:\\x')),
  zipped('ours', 'name', member('.remount/canary')),
  zipped('hidden', 'name', member('.htaccess')),
  zipped('own-manifest', 'name', member('manifest.sha256')),
  zipped('control', 'name', member('a\u0007b')),
  zipped('same-name', 'twice', member('a'), member('a')),
  zipped('accents', 'twice', member('\u00e9'), member('e\u0301')),
  zipped('both', 'fileAndDirectory', member('a'), member('a/b')),
  zipped('secret', 'encrypted', member('a', { encrypted: true })),
  zipped('claimed', 'size', member('a', { claims: 2 })),
  zipped('bomb', 'bomb', member('a', { claims: GIB, deflated: true })),
  zipped('huge', 'bomb', ...[1, 2, 3].map((n) => member(`a${n}`, { claims: 3 * GIB, deflated: true }))),
  { course: 'list', code: 'list', body: bytes('this is no list\n'), end: '.sha256' },
  { course: 'lacking', code: 'missing', body: bytes(`${'0'.repeat(64)}  index.html\n`), end: '.sha256' },
];

export function uploadBad(world: World, bucket: string, volume: string, bad: Bad): Promise<Acknowledged> {
  const { course, body, end = '.zip' } = bad;
  return put(world, bucket, { volume, course, files: undefined, key: `${intakePrefix(volume)}${course}${end}`, body });
}
