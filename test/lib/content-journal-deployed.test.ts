import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { journalKey } from '../../contract/journal.ts';
import { ContentJournal } from '../../lib/content-journal.ts';
import { type Created, principalOf } from '../../simulator/aws/account/created.ts';
import { openServices, type Services } from '../../simulator/aws/account/services.ts';
import { createStack } from '../../simulator/aws/cloudformation/stack.ts';
import type { Principal } from '../../simulator/aws/iam/account.ts';
import { readStatements } from '../../simulator/aws/iam/iam.ts';
import { MemoryDisks } from '../../simulator/disks/memory/memory.ts';
import { VirtualClock } from '../../simulator/time/clock.ts';
import { Random } from '../../simulator/time/random.ts';
import { REGION, resourcesOf, templateOf, ZONES } from './support.ts';

/** A team's stack with a journal, an instance that writes it and a function that reads it. */
const template = templateOf((stack) => {
  const journal = new ContentJournal(stack, 'Journal', { key: new Key(stack, 'Key') });
  const role = (id: string) => new Role(stack, id, { assumedBy: new ServicePrincipal('ec2.amazonaws.com') });
  journal.grantWrite(role('Writing'));
  journal.grantRead(role('Reading'));
});
const idOf = (type: string, begins: string) =>
  resourcesOf(template, type).find(({ id }) => id.startsWith(begins))?.id ?? '';

let services: Services;
/** Two of them, in one account. */
let [ours, theirs]: [Created, Created] = [undefined as never, undefined as never];

beforeAll(async () => {
  const [clock, random] = [new VirtualClock(Date.parse('2026-01-07T00:00:00Z')), new Random(1)];
  const assembly = mkdtempSync(join(tmpdir(), 'journal-'));
  services = openServices({ region: REGION, clock, random, disks: new MemoryDisks() }, assembly);
  ours = await createStack(services, template.toJSON(), 'Ours', ZONES);
  theirs = await createStack(services, template.toJSON(), 'Theirs', ZONES);
});

const principal = (begins: string) => principalOf(idOf('AWS::IAM::Role', begins), ours);
const bucketOf = (stack: Created) => stack.references.get(idOf('AWS::S3::Bucket', 'Journal'))?.ref ?? '';

/** `ok`, or the code of the error. */
async function outcome(who: Principal, operation: string, input: object, bucket = bucketOf(ours)): Promise<string> {
  const { clock } = services.cloud;
  let ended: string | undefined;
  clock.spawn('test', async () => {
    ended = await services.cloud.call(who, 's3', operation, { Bucket: bucket, ...input }).then(
      () => 'ok',
      (error: Error) => error.name,
    );
  });
  await clock.run(clock.now() + 3_600_000, () => ended !== undefined);
  return ended ?? 'no answer';
}

let number = 0;
const next = () => journalKey('alpha', ++number);
const NEW = { IfNoneMatch: '*', Body: 'x' };

/** What a writer does, and what comes of it where it may do it. */
async function aDay(who: Principal, bucket?: string): Promise<Record<string, string>> {
  const Key = next();
  return {
    write: await outcome(who, 'PutObject', { ...NEW, Key }, bucket),
    again: await outcome(who, 'PutObject', { ...NEW, Key }, bucket),
    read: await outcome(who, 'GetObject', { Key }, bucket),
    ahead: await outcome(who, 'GetObject', { Key: journalKey('alpha', number + 1) }, bucket),
  };
}
const GOOD = { write: 'ok', again: 'PreconditionFailed', read: 'ok', ahead: 'NoSuchKey' };
const DENIED = { write: 'AccessDenied', again: 'AccessDenied', read: 'AccessDenied', ahead: 'AccessDenied' };

describe('deployed', () => {
  test('a writer writes what is not there yet, and learns what is there and what is not', async () => {
    expect(await aDay(principal('Writing'))).toEqual(GOOD);
  });

  test('nobody changes or deletes what is there', async () => {
    const Key = next();
    const who = principal('Writing');
    await outcome(who, 'PutObject', { ...NEW, Key });
    expect(await outcome(who, 'PutObject', { Key, Body: 'y' })).toBe('AccessDenied');
    expect(await outcome(who, 'DeleteObject', { Key })).toBe('AccessDenied');
    const all = readStatements(
      { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] },
      'all',
    );
    const anything: Principal = { ...who, statements: () => all };
    expect(await outcome(anything, 'PutObject', { Key, Body: 'y' })).toBe('AccessDenied');
    expect(await outcome(anything, 'PutObject', { ...NEW, Key })).toBe('PreconditionFailed');
  });

  test('a reader reads, and writes nothing', async () => {
    const Key = next();
    await outcome(principal('Writing'), 'PutObject', { ...NEW, Key });
    expect(await outcome(principal('Reading'), 'GetObject', { Key })).toBe('ok');
    expect(await outcome(principal('Reading'), 'GetObject', { Key: journalKey('alpha', 99_999) })).toBe('NoSuchKey');
    expect(await outcome(principal('Reading'), 'PutObject', { ...NEW, Key: next() })).toBe('AccessDenied');
  });

  test("another stack's journal is neither read nor written nor listed", async () => {
    const bucket = bucketOf(theirs);
    expect(bucket).not.toBe(bucketOf(ours));
    expect(await aDay(principal('Writing'), bucket)).toEqual(DENIED);
    expect(await outcome(principal('Writing'), 'ListObjectsV2', {}, bucket)).toBe('AccessDenied');
  });

  test('what is not of a journal is out of reach', async () => {
    expect(await outcome(principal('Writing'), 'PutObject', { ...NEW, Key: 'other/1' })).toBe('AccessDenied');
    expect(await outcome(principal('Writing'), 'GetObject', { Key: 'other/1' })).toBe('AccessDenied');
  });
});

describe('each statement is needed', () => {
  const who = () => principal('Writing');
  const known = ['s3:PutObject', 'kms:GenerateDataKey', 's3:GetObject', 's3:ListBucket', 'kms:Decrypt'];

  test('there are no more', () => {
    expect(
      who()
        .statements()
        .map(({ actions }) => actions),
    ).toEqual(known.map((action) => [action]));
  });

  test.each(known)('without %s something is denied', async (left) => {
    const rest = who()
      .statements()
      .filter(({ actions }) => !actions.includes(left));
    expect(await aDay({ ...who(), statements: () => rest })).not.toEqual(GOOD);
  });
});
