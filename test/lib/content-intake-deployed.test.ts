import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { ContentIntake } from '../../lib/content-intake.ts';
import { type Created, principalOf } from '../../simulator/aws/account/created.ts';
import { openServices, type Services } from '../../simulator/aws/account/services.ts';
import { createStack } from '../../simulator/aws/cloudformation/stack.ts';
import type { Principal } from '../../simulator/aws/iam/account.ts';
import { MemoryDisks } from '../../simulator/disks/memory/memory.ts';
import { VirtualClock } from '../../simulator/time/clock.ts';
import { Random } from '../../simulator/time/random.ts';
import { REGION, resourcesOf, templateOf, ZONES } from './support.ts';

/** A team's stack with an intake, an instance that takes from it, and an application that uploads for one content volume. */
const template = templateOf((stack) => {
  const intake = new ContentIntake(stack, 'Intake', { key: new Key(stack, 'Key') });
  const role = (id: string) => new Role(stack, id, { assumedBy: new ServicePrincipal('ec2.amazonaws.com') });
  intake.grantTake(role('Taking'));
  intake.grantUpload(role('Uploading'), 'alpha');
});
const idOf = (type: string, begins: string) =>
  resourcesOf(template, type).find(({ id }) => id.startsWith(begins))?.id ?? '';

let services: Services;
let created: Created;
beforeAll(async () => {
  const [clock, random] = [new VirtualClock(Date.parse('2026-01-07T00:00:00Z')), new Random(1)];
  const assembly = mkdtempSync(join(tmpdir(), 'intake-'));
  services = openServices({ region: REGION, clock, random, disks: new MemoryDisks() }, assembly);
  created = await createStack(services, template.toJSON(), 'Ours', ZONES);
});

const principal = (begins: string) => principalOf(idOf('AWS::IAM::Role', begins), created);
const bucket = () => created.references.get(idOf('AWS::S3::Bucket', 'Intake'))?.ref ?? '';

/** What is answered, or the code of the error. */
async function call(who: Principal, operation: string, input: object): Promise<Record<string, unknown> | string> {
  const { clock } = services.cloud;
  let ended: Record<string, unknown> | string | undefined;
  clock.spawn('test', async () => {
    ended = await services.cloud.call(who, 's3', operation, { Bucket: bucket(), ...input }).then(
      (answer) => answer as Record<string, unknown>,
      (error: Error) => error.name,
    );
  });
  await clock.run(clock.now() + 3_600_000, () => ended !== undefined);
  return ended ?? 'no answer';
}
const outcome = async (...asked: Parameters<typeof call>) => {
  const ended = await call(...asked);
  return typeof ended === 'string' ? ended : 'ok';
};

let number = 0;
/** What an uploader and a host do about one course, and what comes of it where they may. */
async function aDay(up: Principal, host: Principal): Promise<Record<string, string>> {
  const course = `course-${++number}`;
  const [key, answer] = [`intake/alpha/${course}.zip`, `answers/alpha/${course}/1.json`];
  const everybody: Principal = principal('Uploading');
  const said: Record<string, string> = {
    upload: await outcome(up, 'PutObject', { Key: key, Body: 'x' }),
    file: await outcome(up, 'PutObject', { Key: `files/alpha/${course}/a`, Body: 'x' }),
  };
  await call(everybody, 'PutObject', { Key: key, Body: 'x' });
  said.look = await outcome(host, 'ListObjectsV2', { Prefix: 'intake/alpha/' });
  said.versions = await outcome(host, 'ListObjectVersions', { Prefix: 'intake/alpha/' });
  const got = await call(host, 'GetObject', { Key: key });
  said.read = typeof got === 'string' ? got : 'ok';
  const { ETag, VersionId } = (typeof got === 'string' ? {} : got) as Record<string, unknown>;
  said.notAnswered = await outcome(host, 'GetObject', { Key: answer });
  said.answer = await outcome(host, 'PutObject', { Key: answer, Body: '{}', IfNoneMatch: '*' });
  said.hide = await outcome(host, 'DeleteObject', { Key: key, IfMatch: ETag ?? '"x"' });
  said.again = await outcome(host, 'GetObject', { Key: key, VersionId: VersionId ?? 'x' });
  said.found = await outcome(up, 'ListObjectsV2', { Prefix: answer });
  said.told = await outcome(up, 'GetObject', { Key: answer });
  return said;
}
const GOOD = {
  ...{ upload: 'ok', file: 'ok', look: 'ok', versions: 'ok', read: 'ok', notAnswered: 'NoSuchKey', answer: 'ok' },
  ...{ hide: 'ok', again: 'ok', found: 'ok', told: 'ok' },
};

describe('deployed', () => {
  test('what is uploaded is read, answered, hidden and told', async () => {
    expect(await aDay(principal('Uploading'), principal('Taking'))).toEqual(GOOD);
  });

  test('an answer is written once, an upload is never hidden unconditionally, and no version goes', async () => {
    const [host, up] = [principal('Taking'), principal('Uploading')];
    const Key = 'answers/alpha/once/1.json';
    expect(await outcome(host, 'PutObject', { Key, Body: '{}', IfNoneMatch: '*' })).toBe('ok');
    expect(await outcome(host, 'PutObject', { Key, Body: '{}' })).toBe('AccessDenied');
    const upload = { Key: 'intake/alpha/kept.zip', Body: 'x' };
    const { VersionId } = (await call(up, 'PutObject', upload)) as { VersionId: string };
    expect(await outcome(host, 'DeleteObject', { Key: upload.Key })).toBe('AccessDenied');
    expect(await outcome(host, 'DeleteObject', { Key: upload.Key, VersionId })).toBe('AccessDenied');
    expect(await outcome(host, 'PutObject', upload)).toBe('AccessDenied');
  });

  test('who uploads for one content volume does nothing for another, and reads and deletes no upload', async () => {
    const up = principal('Uploading');
    expect(await outcome(up, 'PutObject', { Key: 'intake/beta/x.zip', Body: 'x' })).toBe('AccessDenied');
    expect(await outcome(up, 'PutObject', { Key: 'answers/alpha/x/1.json', Body: 'x' })).toBe('AccessDenied');
    await call(up, 'PutObject', { Key: 'intake/alpha/own.zip', Body: 'x' });
    for (const operation of ['GetObject', 'DeleteObject'])
      expect(await outcome(up, operation, { Key: 'intake/alpha/own.zip' })).toBe('AccessDenied');
    expect(await outcome(up, 'ListObjectsV2', { Prefix: 'intake/alpha/' })).toBe('AccessDenied');
  });
});

describe('each statement is needed', () => {
  const actions = (who: string) =>
    principal(who)
      .statements()
      .map((statement) => statement.actions.join());
  const OF_HOSTS = [
    ...['s3:ListBucket,s3:ListBucketVersions', 's3:GetObject', 's3:GetObjectVersion', 's3:PutObject'],
    ...['s3:DeleteObject', 'kms:Decrypt', 'kms:GenerateDataKey'],
  ];
  const OF_UPLOADERS = ['s3:PutObject', 's3:GetObject', 's3:ListBucket', 'kms:GenerateDataKey,kms:Decrypt'];

  test('there are no more', () => {
    const sorted = (all: string[]) => all.map((each) => each.split(',').sort().join()).sort();
    expect(sorted(actions('Taking'))).toEqual(sorted(OF_HOSTS));
    expect(sorted(actions('Uploading'))).toEqual(sorted(OF_UPLOADERS));
  });

  const without = (who: string, n: number): Principal => {
    const all = principal(who).statements();
    return { ...principal(who), statements: () => all.filter((_, at) => at !== n) };
  };
  test.each(OF_HOSTS.map((_, n) => n))('of hosts: without number %d something is denied', async (n) => {
    expect(await aDay(principal('Uploading'), without('Taking', n))).not.toEqual(GOOD);
  });
  test.each(OF_UPLOADERS.map((_, n) => n))('of who uploads: without number %d something is denied', async (n) => {
    expect(await aDay(without('Uploading', n), principal('Taking'))).not.toEqual(GOOD);
  });
});
