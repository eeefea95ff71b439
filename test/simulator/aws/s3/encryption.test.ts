import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { OUTAGE } from '../../../../simulator/aws/account/outages.ts';
import { BUCKET, role, S3Lab } from './s3-lab.ts';

const KEY = 'arn:aws:kms:eu-west-1:111122223333:key/k';
const ROOT = { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::111122223333:root' }, Action: 'kms:*', Resource: '*' };
const KMS = { ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: KEY } };
const encrypted = (more: object = {}) => ({
  BucketEncryption: { ServerSideEncryptionConfiguration: [{ ...KMS, ...more }] },
});

let lab: S3Lab;
function open(more: object = {}): void {
  lab = new S3Lab(encrypted(more));
  const KeyPolicy = { Version: '2012-10-17', Statement: [ROOT] };
  lab.cloud.keys.define(KEY, 'k', { path: 'Key', values: { KeyPolicy } });
}
beforeEach(() => open());

/** A role that may do everything in S3, and this with the key. */
const using = (Action: string | string[], Condition?: object) =>
  role({ Action: 's3:*' }, { Action, Resource: KEY, ...(Condition && { Condition }) });

describe('an object that a key encrypts', () => {
  test('says so, and its ETag is not the MD5 of it', async () => {
    const put = await lab.put('a', 'one');
    expect(put).toMatchObject({ ServerSideEncryption: 'aws:kms', SSEKMSKeyId: KEY, BucketKeyEnabled: false });
    expect(put.ETag).not.toBe(`"${createHash('md5').update('one').digest('hex')}"`);
    expect(await lab.send('HeadObject', { Key: 'a' })).toMatchObject({ SSEKMSKeyId: KEY, ETag: put.ETag });
  });

  test('is written by those who may make data keys and decrypt, and read by those who may decrypt', async () => {
    expect(await lab.outcome('PutObject', { Key: 'a' }, using('kms:GenerateDataKey'))).toBe('AccessDenied');
    expect(await lab.outcome('PutObject', { Key: 'a' }, using('kms:Decrypt'))).toBe('AccessDenied');
    expect(await lab.outcome('PutObject', { Key: 'a', Body: 'x' }, using(['kms:GenerateDataKey', 'kms:Decrypt']))).toBe(
      'ok',
    );
    expect(await lab.text('a', {}, using('kms:GenerateDataKey'))).toBe('AccessDenied');
    expect(await lab.text('a', {}, using('kms:Decrypt'))).toBe('x');
    expect(lab.cloud.permissions.denials.map(({ action }) => action)).toEqual([
      ...['kms:Decrypt', 'kms:GenerateDataKey', 'kms:Decrypt'],
    ]);
  });

  test('is looked at by HEAD without the key, unless its checksum is asked for', async () => {
    await lab.put('a');
    const without = role({ Action: 's3:*' });
    expect(await lab.outcome('HeadObject', { Key: 'a' }, without)).toBe('ok');
    expect(await lab.outcome('HeadObject', { Key: 'a', ChecksumMode: 'ENABLED' }, without)).toBe('AccessDenied');
  });

  test('goes with no other service, and with no other object', async () => {
    const context = (key: string, value: string) => ({ StringEquals: { [key]: value } });
    await lab.put('a');
    const via = (service: string) => context('kms:ViaService', `${service}.eu-west-1.amazonaws.com`);
    expect(await lab.text('a', {}, using('kms:Decrypt', via('s3')))).toBe('x');
    expect(await lab.text('a', {}, using('kms:Decrypt', via('ec2')))).toBe('AccessDenied');
    const of = (arn: string) => context('kms:EncryptionContext:aws:s3:arn', arn);
    expect(await lab.text('a', {}, using('kms:Decrypt', of(`arn:aws:s3:::${BUCKET}/a`)))).toBe('x');
    expect(await lab.text('a', {}, using('kms:Decrypt', of(`arn:aws:s3:::${BUCKET}`)))).toBe('AccessDenied');
  });

  test('with a key of the bucket it is the bucket that is named', async () => {
    open({ BucketKeyEnabled: true });
    expect(await lab.put('a')).toMatchObject({ BucketKeyEnabled: true });
    const of = (arn: string) => ({ StringEquals: { 'kms:EncryptionContext:aws:s3:arn': arn } });
    expect(await lab.text('a', {}, using('kms:Decrypt', of(`arn:aws:s3:::${BUCKET}`)))).toBe('x');
    expect(await lab.text('a', {}, using('kms:Decrypt', of(`arn:aws:s3:::${BUCKET}/a`)))).toBe('AccessDenied');
  });
});

describe('a key that cannot be used', () => {
  test('is disabled: nothing is written, and nothing read', async () => {
    await lab.put('a');
    lab.cloud.faults.keyRevoked = true;
    expect(await lab.outcome('PutObject', { Key: 'b' })).toBe('KMS.DisabledException');
    expect(await lab.text('a')).toBe('KMS.DisabledException');
    expect(await lab.keys()).toEqual(['a']);
    lab.cloud.faults.keyRevoked = false;
    expect(await lab.text('a')).toBe('x');
  });

  test('where KMS is out S3 fails, also with a key of the bucket', async () => {
    open({ BucketKeyEnabled: true });
    await lab.put('a');
    const now = lab.clock.now();
    lab.cloud.faults.outages.set('kms', OUTAGE.refuses, now, now + 3_600_000);
    expect(await lab.text('a')).toBe('InternalError');
    await lab.pass(3600);
    expect(await lab.text('a')).toBe('x');
  });

  test('is none', async () => {
    const input = { Key: 'a', ServerSideEncryption: 'aws:kms', SSEKMSKeyId: `${KEY}2` };
    expect(await lab.outcome('PutObject', input)).toBe('KMS.NotFoundException');
  });
});

test('an object is encrypted as it was asked for', async () => {
  expect(await lab.put('a', 'x', { ServerSideEncryption: 'AES256' })).toMatchObject({ ServerSideEncryption: 'AES256' });
  lab.cloud.faults.keyRevoked = true;
  expect(await lab.text('a')).toBe('x');
  lab = new S3Lab();
  expect(await lab.put('a')).toEqual({ ETag: expect.any(String), ServerSideEncryption: 'AES256' });
});

test('a multipart upload asks for the key at each step', async () => {
  const both = ['kms:GenerateDataKey', 'kms:Decrypt'];
  expect(await lab.outcome('CreateMultipartUpload', { Key: 'a' }, using('kms:Decrypt'))).toBe('AccessDenied');
  const { UploadId } = await lab.send('CreateMultipartUpload', { Key: 'a' }, using(both));
  const part = { Key: 'a', UploadId, PartNumber: 1, Body: 'x' };
  expect(await lab.outcome('UploadPart', part, using('kms:GenerateDataKey'))).toBe('AccessDenied');
  const { ETag } = await lab.send('UploadPart', part, using('kms:Decrypt'));
  expect(await lab.outcome('ListParts', { Key: 'a', UploadId }, using('kms:GenerateDataKey'))).toBe('AccessDenied');
  const complete = { Key: 'a', UploadId, MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] } };
  expect(await lab.outcome('CompleteMultipartUpload', complete, using('kms:Decrypt'))).toBe('AccessDenied');
  expect(await lab.outcome('CompleteMultipartUpload', complete, using(both))).toBe('ok');
  expect(await lab.text('a', {}, using('kms:Decrypt'))).toBe('x');
});
