import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Principal } from '../../../../simulator/aws/iam/account.ts';
import { ResourcePolicy } from '../../../../simulator/aws/iam/resource-policies.ts';
import { ACCOUNT, BUCKET, ROLE, role, S3Lab } from './s3-lab.ts';

const ARN = `arn:aws:s3:::${BUCKET}`;
const OBJECTS = `${ARN}/*`;

let lab: S3Lab;
beforeEach(() => {
  lab = new S3Lab();
});

const policy = (...Statement: object[]) => lab.s3.setPolicy(BUCKET, { Version: '2012-10-17', Statement }, 'Policy');
const allow = (more: object) => ({ Effect: 'Allow', Principal: { AWS: ROLE }, Resource: [ARN, OBJECTS], ...more });
const deny = (more: object) => ({ Effect: 'Deny', Principal: '*', Resource: [ARN, OBJECTS], ...more });
const put = (who: Principal, more: object = {}) => lab.outcome('PutObject', { Key: 'a', ...more }, who);

describe('a role', () => {
  test.each<[string, string, string, object]>([
    ['PutObject', 's3:PutObject', OBJECTS, {}],
    ['GetObject', 's3:GetObject', OBJECTS, {}],
    ['HeadObject', 's3:GetObject', OBJECTS, {}],
    ['DeleteObject', 's3:DeleteObject', OBJECTS, {}],
    ['ListObjectsV2', 's3:ListBucket', ARN, { Key: undefined }],
    ['CreateMultipartUpload', 's3:PutObject', OBJECTS, {}],
  ])('needs for %s %s', async (operation, Action, Resource, more) => {
    await lab.put('a');
    const input = { Key: 'a', ...more };
    expect(await lab.outcome(operation, input, role({ Action, Resource }))).toBe('ok');
    expect(await lab.outcome(operation, input, role({ Action, Resource: 'arn:aws:s3:::other/*' }))).toBe(
      'AccessDenied',
    );
    expect(await lab.outcome(operation, input, role({ Action: 's3:GetBucketLocation', Resource: '*' }))).toBe(
      'AccessDenied',
    );
  });

  test('needs for the steps of a multipart upload the leave to write, and further ones to abort and to look', async () => {
    const { UploadId } = await lab.send('CreateMultipartUpload', { Key: 'a' });
    const upload = { Key: 'a', UploadId };
    const only = (Action: string) => role({ Action, Resource: OBJECTS });
    const writer = only('s3:PutObject');
    expect(await lab.outcome('UploadPart', { ...upload, PartNumber: 1, Body: 'x' }, writer)).toBe('ok');
    expect(await lab.outcome('ListParts', upload, writer)).toBe('AccessDenied');
    expect(await lab.outcome('ListParts', upload, only('s3:ListMultipartUploadParts'))).toBe('ok');
    const lists = (Action: string, Resource = ARN) =>
      lab.outcome('ListMultipartUploads', { Prefix: 'a' }, role({ Action, Resource }));
    expect(await lists('s3:ListBucketMultipartUploads')).toBe('ok');
    expect(await lists('s3:ListBucketMultipartUploads', OBJECTS)).toBe('AccessDenied');
    expect(await lists('s3:ListBucket')).toBe('AccessDenied');
    expect(await lab.outcome('AbortMultipartUpload', upload, writer)).toBe('AccessDenied');
    expect(await lab.outcome('AbortMultipartUpload', upload, only('s3:AbortMultipartUpload'))).toBe('ok');
  });

  test('lists unfinished uploads of every key or of none: that is no prefix’s', async () => {
    const Condition = { StringLike: { 's3:prefix': 'a' } };
    const some = role({ Action: 's3:ListBucketMultipartUploads', Resource: ARN, Condition });
    expect(await lab.outcome('ListMultipartUploads', { Prefix: 'a' }, some)).toBe('AccessDenied');
  });

  test('needs for one version by its id another leave', async () => {
    lab = new S3Lab({ VersioningConfiguration: { Status: 'Enabled' } });
    const { VersionId } = await lab.put('a', 'one');
    const may = (Action: string) => role({ Action, Resource: OBJECTS });
    expect(await lab.text('a', { VersionId }, may('s3:GetObject'))).toBe('AccessDenied');
    expect(await lab.text('a', { VersionId }, may('s3:GetObjectVersion'))).toBe('one');
    expect(await lab.outcome('DeleteObject', { Key: 'a', VersionId }, may('s3:DeleteObject'))).toBe('AccessDenied');
    expect(await lab.outcome('DeleteObject', { Key: 'a', VersionId }, may('s3:DeleteObjectVersion'))).toBe('ok');
  });

  test('that is denied is noted, with what is missing; what it needed is too', async () => {
    await put(role({ Action: 's3:GetObject', Resource: OBJECTS }));
    expect(lab.cloud.permissions.denials).toMatchObject([
      {
        role: 'writer',
        action: 's3:PutObject',
        resources: [`${ARN}/a`],
        missing: expect.stringContaining('s3:PutObject'),
      },
    ]);
    await put(role({ Action: 's3:PutObject', Resource: OBJECTS }));
    expect(lab.cloud.permissions.uses).toMatchObject([{ role: 'writer', action: 's3:PutObject', count: 1 }]);
  });
});

describe('what is not there', () => {
  const read = { Action: 's3:GetObject', Resource: OBJECTS };

  test('is a 404 to those who may list the bucket, and a 403 to others', async () => {
    expect(await lab.text('a', {}, role(read))).toBe('AccessDenied');
    expect(await lab.text('a', {}, role(read, { Action: 's3:ListBucket', Resource: ARN }))).toBe('NoSuchKey');
    expect(await lab.text('a', {}, role(read, { Action: 's3:ListBucket', Resource: OBJECTS }))).toBe('AccessDenied');
    await lab.put('a', 'one');
    expect(await lab.text('a', {}, role(read))).toBe('one');
  });

  test('is the same to HEAD', async () => {
    expect(await lab.outcome('HeadObject', { Key: 'a' }, role(read))).toBe('AccessDenied');
    const both = role(read, { Action: 's3:ListBucket', Resource: ARN });
    expect(await lab.outcome('HeadObject', { Key: 'a' }, both)).toBe('NoSuchKey');
  });

  test('is a 403 where the leave to list has a condition on a prefix, which such a request does not name', async () => {
    const Condition = { StringLike: { 's3:prefix': 'a*' } };
    expect(await lab.text('a', {}, role(read, { Action: 's3:ListBucket', Resource: ARN, Condition }))).toBe(
      'AccessDenied',
    );
  });

  test('counts the leave by which it knows that', async () => {
    await lab.text('a', {}, role(read, { Action: 's3:ListBucket', Resource: ARN }));
    expect(lab.cloud.permissions.uses.map(({ action }) => action)).toEqual(['s3:GetObject', 's3:ListBucket']);
    expect(lab.cloud.permissions.denials).toEqual([]);
  });
});

describe("the bucket's policy", () => {
  const nobody = () => role({ Action: 's3:GetBucketLocation', Resource: '*' });
  const writer = () => role({ Action: 's3:PutObject', Resource: OBJECTS });

  test('lets a role that it names, whatever its own policies say', async () => {
    expect(await put(nobody())).toBe('AccessDenied');
    policy(allow({ Action: 's3:PutObject' }));
    expect(await put(nobody())).toBe('ok');
    expect(await put({ ...nobody(), arn: `${ROLE}-2` })).toBe('AccessDenied');
  });

  test('leaves what it says of the account to the account', async () => {
    policy(allow({ Action: 's3:PutObject', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` } }));
    expect(await put(nobody())).toBe('AccessDenied');
    expect(await put(writer())).toBe('ok');
  });

  test.each([
    ['everybody', '*'],
    ['the role', { AWS: ROLE }],
    ['the account', { AWS: ACCOUNT }],
  ])('denies %s what IAM allows', async (_, Principal) => {
    policy(deny({ Action: 's3:PutObject', Principal }));
    expect(await put(writer())).toBe('AccessDenied');
    expect(lab.cloud.permissions.denials).toMatchObject([{ missing: expect.stringContaining('denied on') }]);
  });

  test('does not let a role beyond its boundary', async () => {
    policy(allow({ Action: 's3:PutObject' }));
    const inner = nobody()
      .statements()
      .map((statement) => ({ ...statement, boundary: true }));
    expect(await put({ ...nobody(), statements: () => [...nobody().statements(), ...inner] })).toBe('AccessDenied');
  });

  test('can be gone again', async () => {
    policy(deny({ Action: 's3:PutObject' }));
    lab.s3.removePolicy(BUCKET);
    expect(await put(writer())).toBe('ok');
  });

  test('does not speak to the public where the bucket is closed to it', () => {
    const everybody = (Condition?: object) =>
      policy(allow({ Principal: '*', Action: 's3:GetObject', ...(Condition && { Condition }) }));
    expect(() => everybody()).toThrow('public policies are blocked');
    expect(() => everybody({ StringLike: { 'aws:SourceVpce': 'vpce-*' } })).toThrow('public policies are blocked');
    expect(() => everybody({ Bool: { 'aws:SecureTransport': 'true' } })).toThrow('public policies are blocked');
    expect(() => everybody({ StringNotEquals: { 'aws:SourceVpce': 'vpce-1' } })).toThrow('public policies are blocked');
    expect(() => everybody({ StringEquals: { 'aws:SourceVpce': 'vpce-1' } })).not.toThrow();
    expect(() => policy(deny({ Action: 's3:*' }))).not.toThrow();
    lab = new S3Lab({ PublicAccessBlockConfiguration: { BlockPublicAcls: true } });
    expect(() => everybody()).not.toThrow();
  });
});

describe('a condition', () => {
  const writer = () => role({ Action: ['s3:PutObject', 's3:ListBucket'], Resource: [ARN, OBJECTS] });

  test('on aws:SecureTransport', async () => {
    policy(deny({ Action: 's3:*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }));
    expect(await put(writer())).toBe('ok');
    const plain = lab.within(() =>
      lab.cloud.call(writer(), 's3', 'PutObject', { Bucket: BUCKET, Key: 'a' }, { plain: true }),
    );
    await expect(plain).rejects.toMatchObject({ name: 'AccessDenied' });
  });

  /** As the documentation has it: docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html */
  test('on s3:if-none-match, of whatever makes an object', async () => {
    const Condition = { Null: { 's3:if-none-match': 'true' }, Bool: { 's3:ObjectCreationOperation': 'true' } };
    policy(deny({ Action: 's3:PutObject', Condition }));
    expect(await put(writer())).toBe('AccessDenied');
    expect(await put(writer(), { IfNoneMatch: '*' })).toBe('ok');
    const { UploadId } = await lab.send('CreateMultipartUpload', { Key: 'b' }, writer());
    const part = { Key: 'b', UploadId, PartNumber: 1, Body: 'x' };
    const { ETag } = await lab.send('UploadPart', part, writer());
    const complete = { Key: 'b', UploadId, MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] } };
    expect(await lab.outcome('CompleteMultipartUpload', complete, writer())).toBe('AccessDenied');
    expect(await lab.outcome('CompleteMultipartUpload', { ...complete, IfNoneMatch: '*' }, writer())).toBe('ok');
  });

  test('on s3:prefix', async () => {
    const Condition = { StringLike: { 's3:prefix': 'journal/*' } };
    const reader = role({ Action: 's3:ListBucket', Resource: ARN, Condition });
    expect(await lab.outcome('ListObjectsV2', { Prefix: 'journal/a' }, reader)).toBe('ok');
    expect(await lab.outcome('ListObjectsV2', { Prefix: 'other/' }, reader)).toBe('AccessDenied');
    expect(await lab.outcome('ListObjectsV2', {}, reader)).toBe('AccessDenied');
  });

  test('on how it is to be encrypted', async () => {
    policy(
      deny({ Action: 's3:PutObject', Condition: { StringNotEquals: { 's3:x-amz-server-side-encryption': 'AES256' } } }),
    );
    expect(await put(writer())).toBe('AccessDenied');
    expect(await put(writer(), { ServerSideEncryption: 'AES256' })).toBe('ok');
  });

  test('on who asks, and of whom', async () => {
    policy(deny({ Action: 's3:PutObject', Condition: { ArnNotEquals: { 'aws:PrincipalArn': ROLE } } }));
    expect(await put(writer())).toBe('ok');
    expect(await put({ ...writer(), arn: `${ROLE}-2` })).toBe('AccessDenied');
    policy(deny({ Action: 's3:PutObject', Condition: { StringNotEquals: { 's3:ResourceAccount': ACCOUNT } } }));
    expect(await put(writer())).toBe('ok');
  });
});

describe('from the network of a stack', () => {
  const inside = (): Principal => ({ ...role({ Action: 's3:*', Resource: [ARN, OBJECTS] }), network: 'Shop' });
  const gateway = (Resource: string, more: object = {}) =>
    lab.gateways.set(
      'Shop',
      's3',
      new ResourcePolicy(
        { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: '*', Action: 's3:*', Resource, ...more }] },
        'Endpoint',
      ),
      'vpce-1',
    );

  test('the endpoint on the way has to let it through', async () => {
    gateway('arn:aws:s3:::other/*');
    expect(await put(inside())).toBe('AccessDenied');
    expect(lab.cloud.permissions.denials).toMatchObject([{ missing: expect.stringContaining('the endpoint of s3') }]);
    expect(await put({ ...inside(), network: 'Other' })).toBe('ok');
    gateway(OBJECTS);
    expect(await put(inside())).toBe('ok');
  });

  test('the endpoint has to let through what shows that a key is not there, too', async () => {
    gateway(OBJECTS);
    expect(await lab.text('a', {}, inside())).toBe('AccessDenied');
    gateway('*');
    expect(await lab.text('a', {}, inside())).toBe('NoSuchKey');
  });

  test('the endpoint knows who asks', async () => {
    gateway('*', { Condition: { ArnEquals: { 'aws:PrincipalArn': ROLE } } });
    expect(await put(inside())).toBe('ok');
    expect(await put({ ...inside(), arn: `${ROLE}-2` })).toBe('AccessDenied');
  });

  test("the bucket's policy knows the endpoint", async () => {
    gateway('*');
    policy(deny({ Action: 's3:*', Condition: { StringNotEquals: { 'aws:SourceVpce': 'vpce-1' } } }));
    expect(await put(inside())).toBe('ok');
    expect(await put(role({ Action: 's3:*', Resource: OBJECTS }))).toBe('AccessDenied');
  });
});
