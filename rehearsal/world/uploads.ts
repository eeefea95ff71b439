/** Uploads into the intake's bucket, in the forms that docs/intake.md has, by somebody of the team. */
import { crc32, deflateRawSync } from 'node:zlib';
import { filesPrefix, intakePrefix } from '../../contract/intake.ts';
import type { Principal } from '../../simulator/aws/iam/account.ts';
import { readStatements } from '../../simulator/aws/iam/iam.ts';
import type { Course } from '../../simulator/disks/disks.ts';
import type { World } from './world.ts';

const LATEST_MS = 60_000;
/** As a tool does that sends many files. */
const AT_ONCE = 100;
const statements = readStatements(
  { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] },
  'uploader',
);
const UPLOADER: Principal = { name: 'uploader', statements: () => statements };

/** What S3 has acknowledged. */
export interface Acknowledged {
  readonly volume: string;
  readonly course: string;
  readonly key: string;
  readonly version: string;
  readonly at: number;
  /** `undefined`: it cannot be taken in. */
  readonly files: Course['files'] | undefined;
}

export const FORMS = ['zip', 'folder', 'file'] as const;
export type Form = (typeof FORMS)[number];

/** What is uploaded for a course in one of the forms, the last of them what says that it is complete; of `file`, its first file is all of it. */
export function objectsOf(volume: string, { id, files }: Course, form: Form): Upload[] {
  const at = (name: string) => `${intakePrefix(volume)}${id}${name}`;
  const of = { volume, course: id, files };
  const [first] = files;
  if (form === 'file' && first) return [{ ...of, files: [first], key: at(`/${first.path}`), body: first.bytes }];
  if (form === 'zip') return [{ ...of, key: at('.zip'), body: zipOf(files) }];
  const manifest = files.map(({ path, sha256 }) => `${sha256}  ./${path}\n`).join('');
  return [
    ...files.map(({ path, bytes }) => ({ ...of, key: `${filesPrefix(volume, id)}${path}`, body: bytes })),
    { ...of, key: at('.sha256'), body: Buffer.from(manifest) },
  ];
}

/** @throws Error where S3 does not take it within a minute for each object */
export async function uploadCourse(
  world: World,
  bucket: string,
  volume: string,
  course: Course,
  form: Form,
): Promise<Acknowledged> {
  let last: Acknowledged | undefined;
  for (const object of objectsOf(volume, course, form)) last = await put(world, bucket, object);
  if (!last) throw new Error(`nothing was uploaded of ${course.id}`);
  return last;
}

export interface Upload extends Pick<Acknowledged, 'volume' | 'course' | 'files' | 'key'> {
  readonly body: Uint8Array;
}

/** @throws Error where S3 does not take it within a minute */
export async function put(world: World, bucket: string, upload: Upload): Promise<Acknowledged> {
  const { clock } = world;
  let done: Acknowledged | undefined;
  clock.spawn(`somebody uploads ${upload.key}`, async () => {
    done = await send(world, bucket, upload);
  });
  await clock.run(clock.now() + LATEST_MS, () => done !== undefined);
  if (!done) throw new Error(`S3 does not take ${upload.key}`);
  return done;
}

/** At once, so many at a time. @throws Error where S3 does not take one within a minute */
export async function putAll(world: World, bucket: string, uploads: readonly Upload[]): Promise<Acknowledged[]> {
  const { clock } = world;
  const done: Acknowledged[] = [];
  for (let from = 0; from < uploads.length; from += AT_ONCE) {
    const some = uploads.slice(from, from + AT_ONCE);
    for (const upload of some)
      clock.spawn(`somebody uploads ${upload.key}`, async () => {
        done.push(await send(world, bucket, upload));
      });
    await clock.run(clock.now() + LATEST_MS, () => done.length === from + some.length);
    if (done.length < from + some.length) throw new Error(`S3 does not take ${some.length} uploads at once`);
  }
  return done;
}

/** In a process of the virtual time. @throws ServiceError */
export async function send(
  { services, clock }: World,
  bucket: string,
  { body, ...upload }: Upload,
): Promise<Acknowledged> {
  const input = { Bucket: bucket, Key: upload.key, Body: body };
  const { VersionId } = (await services.cloud.call(UPLOADER, 's3', 'PutObject', input)) as { VersionId: string };
  return { ...upload, version: VersionId, at: clock.now() };
}

export interface Member {
  readonly path: string;
  readonly bytes: Uint8Array;
  /** What its headers claim that it unpacks to. @default what it is */
  readonly claims?: number;
  readonly encrypted?: boolean;
  readonly deflated?: boolean;
}

/** A zip: docs of the format, pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.3. */
export function zipOf(members: readonly Member[]): Uint8Array {
  const [parts, directory]: [Buffer[], Buffer[]] = [[], []];
  let offset = 0;
  for (const { path, bytes, claims = bytes.length, encrypted = false, deflated = false } of members) {
    const name = Buffer.from(path);
    const packed = deflated ? deflateRawSync(bytes) : bytes;
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE((encrypted ? 1 : 0) | 0x0800, 2);
    fields.writeUInt16LE(deflated ? DEFLATED : 0, 4);
    fields.writeUInt32LE(crc32(bytes), 10);
    fields.writeUInt32LE(packed.length, 14);
    fields.writeUInt32LE(claims, 18);
    fields.writeUInt16LE(name.length, 22);
    const head = Buffer.concat([signature(0x04034b50), fields, name]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([signature(0x02014b50), VERSION_MADE_BY, fields, rest, name]));
    parts.push(head, Buffer.from(packed));
    offset += head.length + packed.length;
  }
  const list = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  signature(0x06054b50).copy(end);
  for (const at of [8, 10]) end.writeUInt16LE(members.length, at);
  end.writeUInt32LE(list.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, list, end]);
}

const DEFLATED = 8;
/** 2.0, on a system of no special kind. */
const VERSION_MADE_BY = Buffer.of(20, 0);

function signature(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
